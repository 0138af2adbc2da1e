"""The ``tebura`` command.

Enters: what somebody types. Leaves: results on stdout, everything else on stderr, and an exit code (`terminal`).

Each package brings commands of its own and registers them in `pyproject.toml` as entry points ``tebura.commands``
(https://packaging.python.org/en/latest/specifications/entry-points/): the name is the command's, what stands there is a
function, or a typer app with commands of its own. So this room knows none of those that build on it, and so may any
other package add one. Only the command that was typed is imported, and every import that only one way through it needs
stands inside that: a replay's start counts as part of the replay.
"""

from edge.cli.commands import app, main

__all__ = ["PANEL", "app", "main"]

PANEL = "The shop"
"""The heading of this package's commands in ``--help``."""
