"""``python -m simulator``: the same as ``tebura simulate``."""

from edge.cli import app

app(["simulate", *__import__("sys").argv[1:]])
