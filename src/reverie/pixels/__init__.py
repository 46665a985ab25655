"""What dream and style share: pixels changed step by step along a gradient, whole or in tiles."""
