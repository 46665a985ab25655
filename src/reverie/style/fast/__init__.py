"""Fast models: a network that has learnt styles repaints a photo in one pass.

network.py    the painter: a feed-forward network whose normalisation knows the styles
lesson.py     what it is trained by: the losses of `style.transfer`, on pictures it paints itself
train.py      `style.train`
model.py      `FastStyle`, the trained model, and `style.apply`
"""
