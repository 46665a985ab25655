"""The callbacks of a run, as Keras calls them."""

from collections.abc import Sequence
from typing import Any

import keras

from reverie.training.loop import Loop
from reverie.training.stop import Stopped


class Hooks(keras.callbacks.CallbackList):
    """The loop first, then the caller's callbacks.

    Keras' own list fetches all metrics from the device after every step, and the device idles meanwhile. This one
    gives the loop the tensors as they are, and fetches them only for callbacks that want to hear of every step.
    """

    def __init__(self, loop: Loop, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        super().__init__(list(callbacks), add_history=True, model=loop.network)
        self.loop = loop
        nothing = keras.callbacks.Callback
        self.each_step = [
            callback
            for callback in callbacks
            if type(callback).on_train_batch_end is not nothing.on_train_batch_end
            or type(callback).on_batch_end is not nothing.on_batch_end
        ]

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.loop.begin_interval()
        super().on_epoch_begin(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.loop.before_step()
        super().on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.each_step:
            fetched = _fetched(logs)
            for callback in self.each_step:
                callback.on_train_batch_end(batch, fetched)
        self.loop.after_step(logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Validation, then samples and the like. Both can take long: a request to stop breaks them off.

        A callback may end the run, as with Keras, by `network.stop_training = True`.
        """
        if self.loop.stopped:
            return
        fetched = _fetched(logs)
        self.loop.end_interval(fetched)
        if self.loop.stopped in ("interrupted", "cancelled"):
            return
        try:
            with self.loop.stop.breakable():
                super().on_epoch_end(epoch, fetched)
        except Stopped:
            self.loop.break_off()
        else:
            self.loop.close_interval()


def _fetched(logs: dict[str, Any] | None) -> dict[str, float]:
    return {name: float(keras.ops.convert_to_numpy(value)) for name, value in (logs or {}).items()}
