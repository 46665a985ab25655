"""A space of little drawn faces, in a few lines: python examples/vae.py [minutes]"""

import sys

from reverie import faces, images, vae

minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
drawn = faces.draw(4000, 64)
model = vae.train(drawn, minutes=minutes, out="runs/faces")
images.save(images.grid(list(model.sample(16, prior="mixture", temperature=0.8)), 4), "samples.png")

# From one face to another, and one face from sad to happy, all else as it is.
images.save(images.grid(list(model.interpolate(drawn.pixels[0], drawn.pixels[1], 8)), 8), "walk.png")
smile = model.concept("smile", among=drawn, against=["glasses", "hair", "pose"])
images.save(images.grid(list(model.strip(drawn.pixels[0], smile)), 7), "smile.png")
print("samples.png, walk.png, smile.png")
