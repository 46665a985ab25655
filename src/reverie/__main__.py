"""`python -m reverie`, the same as `reverie`."""

from reverie.cli import main

main()
