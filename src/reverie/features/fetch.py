"""Where a network's weights are: on this machine, or brought here by Keras, and never a long wait for a connection."""

import contextlib
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from reverie.errors import ReverieError
from reverie.features.registry import File, Network, keras_cache

PATIENCE = 10.0  # seconds, for a connection and for each wait after it
NOW = "The networks reverie-dream and reverie-style work now"


def fetch(network: Network) -> Path:
    """The file with the network's weights: in Keras' cache, else downloaded there by Keras, which checks its hash.

    Raises ReverieError if there is none here and none can be had.
    """
    for file in network.files:
        path = file.found()
        if path and file.intact(path):
            return path
    file = network.files[0]
    missing = f"The weights of {network.name} ({file.name}) are {'damaged' if file.found() else 'not on this machine'}"
    if not file.url:
        raise ReverieError(f"{missing}.", f"Give the file with --weights, or put it into {keras_cache()}. {NOW}.")
    if not _answers(file.url):
        raise ReverieError(
            f"{missing}, and {urlsplit(file.url).hostname} does not answer.",
            f"{NOW}; or download the file elsewhere ({file.url}) and give it with --weights.",
        )
    return _download(file, missing)


def _download(file: File, missing: str) -> Path:
    from keras.utils import get_file

    try:
        with _patience(), contextlib.redirect_stdout(sys.stderr):
            home = str(keras_cache().parent)
            return Path(
                get_file(file.name, file.url, file_hash=file.hash or None, cache_subdir="models", cache_dir=home)
            )
    except Exception as error:  # Keras raises plain Exceptions here
        reason = " ".join(str(error).split())
        raise ReverieError(f"{missing}, and the download failed: {reason}.", f"Try again later. {NOW}.") from error


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Lets no wait for the network be longer than PATIENCE."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _answers(url: str) -> bool:
    """Whether a connection to the address, or to the proxy before it, can be had in PATIENCE seconds.

    In a thread, because looking a name up has no time limit of its own.
    """
    proxy = urllib.request.getproxies().get("https")
    place = urlsplit(proxy if proxy and "//" in proxy else url)
    port = place.port or (443 if place.scheme == "https" else 80)
    reached = threading.Event()

    def connect() -> None:
        with contextlib.suppress(OSError), socket.create_connection((place.hostname, port), PATIENCE):
            reached.set()

    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(PATIENCE)
    return reached.is_set()
