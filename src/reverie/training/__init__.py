import reverie.backend  # noqa: F401  settles the backend before Keras is imported
