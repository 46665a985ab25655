"""A dream on a photo, in a few lines: python examples/dream.py photo.jpg"""

import sys

from reverie import dream

photo = sys.argv[1]
dream.render(photo, size=512, seed=1).save("dream.png")

# What the network has learned to see, where: a row for each layer, a column for each strength.
dream.sheet(photo, size=256, seed=1).save("sheet.png")

# Fewer textures, more creatures: the deeper the layer, the larger what appears.
deeper = dream.layer("inception_4c") + 2 * dream.layer("inception_4e")
dream.render(photo, objective=deeper, size=512, seed=1).save("deeper.png")
print("dream.png, sheet.png, deeper.png")
