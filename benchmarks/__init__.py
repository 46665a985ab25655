"""Reverie against its peers, side by side on one machine: `python -m benchmarks ENGINE --data DIR`."""
