"""A photo in the style of a painting, in a few lines: python examples/style.py photo.jpg painting.jpg"""

import sys

from reverie import style

photo, painting = sys.argv[1:3]
style.transfer(photo, painting, size=512).save("repainted.png")

# More of the painting, in larger strokes, and in the photo's own colours.
style.transfer(photo, painting, strength=3, style_scale=1.5, colours="luminance").save("bolder.png")

# No photo at all: a surface that can be laid beside itself.
style.texture(painting, width=256, height=256, tileable=True).save("texture.png")
print("repainted.png, bolder.png, texture.png")
