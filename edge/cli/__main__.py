"""``python -m edge.cli``: the command without an installation."""

from edge.cli import main

main()
