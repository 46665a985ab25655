"""pythae's VAE with its convolutional network for MNIST, trained on drawn pixels until a moment of `time.time()`.

python pythaevae.py TRAIN.npy TEST.npy MOMENT POINTS SAMPLES.npy: prints its negative log-likelihood as JSON.
"""

import contextlib
import json
import math
import sys
import tempfile
import time

import numpy as np
import torch
from pythae.data.datasets import DatasetOutput
from pythae.models import VAE, VAEConfig
from pythae.models.nn.benchmarks.mnist import Decoder_Conv_AE_MNIST, Encoder_Conv_VAE_MNIST
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback

SAMPLES, CHUNK = 10_000, 20  # samples for the Fréchet distance; points at a time


class Drawn(torch.utils.data.Dataset):
    """Pixels on or off, drawn anew each time with their grey as probability: pythae's own sets are drawn once."""

    def __init__(self, pixels):
        self.pixels = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).float() / 255

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, row):
        return DatasetOutput(data=torch.bernoulli(self.pixels[row]))


class TimeUp(Exception):
    pass


class Clock(TrainingCallback):
    def __init__(self, moment):
        self.moment, self.steps = moment, 0

    def on_train_step_end(self, training_config, **kwargs):
        self.steps += 1
        if time.time() > self.moment:
            raise TimeUp


def likelihood(model, pixels, points):
    """-log p(x), by importance sampling, as `reverie.vae.evaluate` has it."""
    found = []
    generator = torch.Generator().manual_seed(0)
    for first in range(0, len(pixels), 20):
        grey = torch.from_numpy(pixels[first : first + 20].transpose(0, 3, 1, 2).copy()).float() / 255
        x = torch.bernoulli(grey, generator=generator)
        said = model.encoder(x)
        mean, log_variance = said.embedding[:, None], said.log_covariance[:, None]
        logs = []
        for _ in range(-(-points // CHUNK)):
            noise = torch.randn(len(x), CHUNK, mean.shape[-1], generator=generator)
            z = mean + torch.exp(0.5 * log_variance) * noise
            made = model.decoder(z.reshape(-1, z.shape[-1])).reconstruction.reshape(len(x), CHUNK, -1)
            made = made.clamp(1e-7, 1 - 1e-7)
            target = x.reshape(len(x), 1, -1)
            kept = (target * made.log() + (1 - target) * (1 - made).log()).sum(-1)
            logs.append(kept + 0.5 * (noise**2 + log_variance - z**2).sum(-1))
        logs = torch.cat(logs, 1)
        found.append(torch.logsumexp(logs, 1) - math.log(logs.shape[1]))
    return float(-torch.cat(found).mean())


if __name__ == "__main__":
    train, test = (np.load(path) for path in sys.argv[1:3])
    moment, points, out = float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    torch.manual_seed(0)
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=16, reconstruction_loss="bce")
    model = VAE(config, encoder=Encoder_Conv_VAE_MNIST(config), decoder=Decoder_Conv_AE_MNIST(config))
    clock = Clock(moment)
    with tempfile.TemporaryDirectory() as folder:
        settings = BaseTrainerConfig(
            output_dir=folder, num_epochs=10**6, per_device_train_batch_size=128, learning_rate=1e-3, no_cuda=True
        )
        trainer = BaseTrainer(model, Drawn(train), training_config=settings, callbacks=[clock])
        with contextlib.suppress(TimeUp):
            trainer.train()
        model = trainer.model.eval()
    with torch.no_grad():
        nll = likelihood(model, test, points)
        latents = torch.randn(SAMPLES, 16, generator=torch.Generator().manual_seed(0))
        made = torch.cat([model.decoder(part).reconstruction for part in latents.split(500)])
    np.save(out, (255 * made.reshape(-1, 28, 28, 1).numpy()).round().astype(np.uint8))
    print("\n" + json.dumps({"nll": nll, "steps": clock.steps}))  # the progress bar leaves its line open
