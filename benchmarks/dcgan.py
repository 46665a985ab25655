"""The networks, settings and loop of PyTorch's DCGAN example (Radford et al. 2016), until a moment.

python dcgan.py PICTURES.npy MOMENT COUNT SAMPLES.npy: as textbookgan.py, with a Python that has PyTorch.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn

BATCH, LATENT, WIDE = 64, 100, 64


def generator():
    parts, wide = [nn.ConvTranspose2d(LATENT, 8 * WIDE, 4, 1, 0, bias=False)], 8 * WIDE
    while wide > WIDE:
        parts += [nn.BatchNorm2d(wide), nn.ReLU(True), nn.ConvTranspose2d(wide, wide // 2, 4, 2, 1, bias=False)]
        wide //= 2
    parts += [nn.BatchNorm2d(wide), nn.ReLU(True), nn.ConvTranspose2d(wide, 3, 4, 2, 1, bias=False), nn.Tanh()]
    return nn.Sequential(*parts)


def discriminator():
    parts, wide = [nn.Conv2d(3, WIDE, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)], WIDE
    while wide < 8 * WIDE:
        parts += [nn.Conv2d(wide, 2 * wide, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * wide), nn.LeakyReLU(0.2, True)]
        wide *= 2
    return nn.Sequential(*parts, nn.Conv2d(wide, 1, 4, 1, 0, bias=False), nn.Sigmoid())


def start(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)


def draw(count):
    return torch.randn(count, LATENT, 1, 1)


if __name__ == "__main__":
    pictures = np.load(sys.argv[1])
    moment, count = float(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(0)
    g, d = generator().apply(start), discriminator().apply(start)
    g_optimizer, d_optimizer = (torch.optim.Adam(n.parameters(), lr=2e-4, betas=(0.5, 0.999)) for n in (g, d))
    lost = nn.BCELoss()
    steps, begun = 0, 0.0
    while time.time() < moment:
        for rows in torch.randperm(len(pictures)).split(BATCH):
            real = torch.from_numpy(pictures[rows.numpy()]).permute(0, 3, 1, 2).float() / 127.5 - 1
            yes, no = torch.ones(len(real)), torch.zeros(len(real))
            d.zero_grad()
            lost(d(real).view(-1), yes).backward()
            fake = g(draw(len(real)))
            lost(d(fake.detach()).view(-1), no).backward()
            d_optimizer.step()
            g.zero_grad()
            lost(d(fake).view(-1), yes).backward()
            g_optimizer.step()
            steps, begun = steps + 1, begun or time.time()
            if time.time() > moment:
                break
    speed = BATCH * (steps - 1) / max(time.time() - begun, 1e-9)
    with torch.no_grad():  # in training mode, as the example draws its samples
        made = torch.cat([g(draw(min(BATCH, count - first))) for first in range(0, count, BATCH)])
    made = ((made + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    np.save(sys.argv[4], made)
    print(json.dumps({"seen": BATCH * steps, "pictures_per_second": speed}))
