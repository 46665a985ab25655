"""New little faces from noise, in a few lines: python examples/gan.py [minutes]"""

import sys

from reverie import faces, gan, images

minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
drawn = faces.draw(4000, 64)
model = gan.train(drawn, minutes=minutes, flip=True, out="runs/faces")
images.save(images.grid(list(model.sample(16, truncation=0.8)), 4), "samples.png")
images.video.write(model.walk(points=6, steps=20, truncation=0.8), "walk.gif", fps=15)

# A face that was drawn, found in the space of the generator, and given a smile.
smiles = drawn.attributes["smile"] == 1
smile = model.concept(drawn.pixels[smiles][:32], drawn.pixels[~smiles][:32], name="smile")
found = model.invert(drawn.pixels[~smiles][0])
images.save(images.grid(list(model.strip(found.latents, smile)), 7), "smile.png")
print("samples.png, walk.gif, smile.png")
