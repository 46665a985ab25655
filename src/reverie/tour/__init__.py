"""The tour: each engine's main job on material that needs no download, shown on one page.

The page is `index.html` in the tour's folder, with its pictures beside it; it opens without a network.
"""
