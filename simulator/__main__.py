"""``python -m simulator``: the same as ``tebura simulate``."""

import sys

from edge.cli import app

app(["simulate", *sys.argv[1:]])
