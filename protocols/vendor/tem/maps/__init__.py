"""The memory maps of the models, one module each."""
