"""One module a command; each registers itself on `teplo.__main__.app` by being listed there."""
