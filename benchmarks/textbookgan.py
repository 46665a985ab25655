"""The textbook's GAN (Chollet, Deep Learning with Python, 2nd edition, 12.5), its own code path, until a moment.

python textbookgan.py PICTURES.npy MOMENT COUNT SAMPLES.npy: trains until `time.time()` is MOMENT, writes COUNT samples
as uint8 (COUNT, 64, 64, 3), and prints pictures seen and pictures a second as JSON.
"""

import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

BATCH, LATENT = 32, 128


class GAN(keras.Model):
    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator, self.generator = discriminator, generator
        self.d_loss_metric = keras.metrics.Mean(name="d_loss")
        self.g_loss_metric = keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @property
    def metrics(self):
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, real):
        count = tf.shape(real)[0]
        made = self.generator(tf.random.normal((count, LATENT)))
        both = tf.concat([made, real], axis=0)
        labels = tf.concat([tf.ones((count, 1)), tf.zeros((count, 1))], axis=0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(both))  # without training=True, as in the book
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
        latents = tf.random.normal((count, LATENT))
        with tf.GradientTape() as tape:
            judged = self.discriminator(self.generator(latents))
            g_loss = self.loss_fn(tf.zeros((count, 1)), judged)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {metric.name: metric.result() for metric in self.metrics}


def discriminator():
    x = pictures = keras.Input((64, 64, 3))
    for wide in (64, 128, 128):
        x = layers.LeakyReLU(0.2)(layers.Conv2D(wide, 4, strides=2, padding="same")(x))
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(pictures, layers.Dense(1, activation="sigmoid")(x))


def generator():
    latent = keras.Input((LATENT,))
    x = layers.Reshape((8, 8, 128))(layers.Dense(8 * 8 * 128)(latent))
    for wide in (128, 256, 512):
        x = layers.LeakyReLU(0.2)(layers.Conv2DTranspose(wide, 4, strides=2, padding="same")(x))
    return keras.Model(latent, layers.Conv2D(3, 5, padding="same", activation="sigmoid")(x))


class Clock(keras.callbacks.Callback):
    """Stops at a moment, and remembers when the first step, which compiles, was over."""

    def __init__(self, moment):
        super().__init__()
        self.moment, self.steps, self.begun, self.ended = moment, 0, 0.0, 0.0

    def on_train_batch_end(self, batch, logs=None):
        self.steps, self.ended = self.steps + 1, time.time()
        self.begun = self.begun or self.ended
        if self.ended > self.moment:
            self.model.stop_training = True


if __name__ == "__main__":
    pictures = np.load(sys.argv[1])
    moment, count = float(sys.argv[2]), int(sys.argv[3])
    keras.utils.set_random_seed(0)
    gan = GAN(discriminator(), generator())
    gan.compile(
        keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4), keras.losses.BinaryCrossentropy()
    )  # fmt: skip
    data = tf.data.Dataset.from_tensor_slices(pictures).shuffle(len(pictures)).repeat().batch(BATCH)
    clock = Clock(moment)
    gan.fit(
        data.map(lambda x: tf.cast(x, tf.float32) / 255.0),
        epochs=1,
        steps_per_epoch=10**7,
        callbacks=[clock],
        verbose=0,
    )
    random = np.random.default_rng(0)
    made = [
        gan.generator.predict(random.standard_normal((min(100, count - first), LATENT)), verbose=0)
        for first in range(0, count, 100)
    ]
    np.save(sys.argv[4], np.rint(255 * np.concatenate(made)).astype(np.uint8))
    speed = BATCH * (clock.steps - 1) / max(clock.ended - clock.begun, 1e-9)
    print(json.dumps({"seen": BATCH * clock.steps, "pictures_per_second": speed}))
