"""A model of your own text, in a few lines: python examples/text.py book.txt"""

import sys

import reverie

model = reverie.text.train(sys.argv[1], minutes=5)

# High temperatures surprise, low ones repeat what is likely. `reverie text temperatures` finds what fits.
for temperature in (0.5, 0.8, 1.1):
    print(f"\n--- temperature {temperature} ---")
    print(model.write("The ", length=300, temperature=temperature, seed=1))
