"""The textbook's VAE (Chollet, Deep Learning with Python, 2nd edition, 12.4), its own code path on MNIST.

python textbookvae.py TRAIN.npy TEST.npy STEPS: prints images a second and the bound on the test pictures as JSON.
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

BATCH = 128


class Sampler(layers.Layer):
    def call(self, mean, log_variance):
        noise = tf.random.normal(shape=(tf.shape(mean)[0], tf.shape(mean)[1]))
        return mean + tf.exp(0.5 * log_variance) * noise


class VAE(keras.Model):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder, self.sampler = encoder, decoder, Sampler()
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.reconstruction_loss_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.reconstruction_loss_tracker, self.kl_loss_tracker]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_variance = self.encoder(data)
            made = self.decoder(self.sampler(mean, log_variance))
            lost = tf.reduce_mean(tf.reduce_sum(keras.losses.binary_crossentropy(data, made), axis=(1, 2)))
            kl = -0.5 * (1 + log_variance - tf.square(mean) - tf.exp(log_variance))
            total = lost + tf.reduce_mean(kl)
        gradients = tape.gradient(total, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.total_loss_tracker.update_state(total)
        self.reconstruction_loss_tracker.update_state(lost)
        self.kl_loss_tracker.update_state(kl)
        return {metric.name: metric.result() for metric in self.metrics}


def build():
    pictures = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu", strides=2, padding="same")(pictures)
    x = layers.Conv2D(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    encoder = keras.Model(pictures, [layers.Dense(2)(x), layers.Dense(2)(x)])
    latent = keras.Input(shape=(2,))
    x = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(latent))
    x = layers.Conv2DTranspose(64, 3, activation="relu", strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(32, 3, activation="relu", strides=2, padding="same")(x)
    return encoder, keras.Model(latent, layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x))


def bound(encoder, decoder, shown, target):
    """In nats a picture, one point for each; every term summed."""
    mean, log_variance = (np.float64(part) for part in encoder.predict(shown, batch_size=500, verbose=0))
    points = mean + np.exp(0.5 * log_variance) * np.random.default_rng(0).standard_normal(mean.shape)
    made = np.clip(np.float64(decoder.predict(points, batch_size=500, verbose=0)), 1e-7, 1 - 1e-7)
    lost = -(target * np.log(made) + (1 - target) * np.log(1 - made)).sum(axis=(1, 2, 3))
    rate = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)
    return float((lost + rate).mean())


if __name__ == "__main__":
    train, test = (np.load(path).astype("float32") / 255 for path in sys.argv[1:3])
    steps = int(sys.argv[3])
    keras.utils.set_random_seed(0)
    vae = VAE(*build())
    vae.compile(optimizer=keras.optimizers.Adam())
    vae.fit(train[: 4 * BATCH], batch_size=BATCH, verbose=0)  # traces
    seconds, done = 0.0, 0
    while done < steps:
        part = train[: min(len(train), (steps - done) * BATCH)]
        began = time.perf_counter()
        vae.fit(part, batch_size=BATCH, verbose=0)
        seconds += time.perf_counter() - began
        done += -(-len(part) // BATCH)
    drawn = (np.random.default_rng(0).random(test.shape) < test).astype("float32")
    bounds = {
        "grey": bound(vae.encoder, vae.decoder, test, test),
        "drawn": bound(vae.encoder, vae.decoder, drawn, drawn),
    }
    print(json.dumps({"images_per_second": done * BATCH / seconds, "steps": done, "bounds": bounds}))
