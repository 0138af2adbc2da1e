"""Finds the commands that packages have registered, and imports the one that was typed.

Those of Tebura itself are looked for in its own distribution, which is quick; all distributions are looked through only
for a command that is not there, and for ``--help``.
"""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Any

import typer
from typer.core import TyperGroup

from edge.cli.terminal import say

GROUP = "tebura.commands"
OTHERS = "More"
"""The heading in ``--help`` for commands of a package that says no ``PANEL``, beside the module that holds them."""


class Commands(TyperGroup):
    """The commands that stand in entry points, in place of a list of imports."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names: the shop's own first, then package by package."""
        found = {e.name: e.module.split(".")[0] for e in (*metadata.entry_points(group=GROUP), *_ours())}
        return sorted(found, key=lambda name: (found[name] != "edge", found[name], name))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, imported; None where nobody has registered it."""
        for entry in _ours(cmd_name) or metadata.entry_points(group=GROUP, name=cmd_name):
            found = _loaded(entry)
            if found is None:
                continue
            panel = getattr(sys.modules[entry.module.rpartition(".")[0] or entry.module], "PANEL", OTHERS)
            one = typer.Typer(add_completion=False)
            if isinstance(found, typer.Typer):
                one.add_typer(found, name=cmd_name, rich_help_panel=panel)
            else:
                one.command(cmd_name, rich_help_panel=panel)(found)
            return typer.main.get_group(one).get_command(ctx, cmd_name)
        return None


def _loaded(entry: metadata.EntryPoint) -> Any:
    """What an entry point names; None, and a word, where somebody else's cannot be had: the shop's commands can."""
    try:
        return entry.load()
    except Exception as error:
        if entry.dist is None or entry.dist.name == "tebura":
            raise
        of = f"the command {entry.name} of {entry.dist.name} {entry.dist.version}"
        say(f"{of} cannot be loaded ({error!r}). Bring that package up to date, or uninstall it")
        return None


def _ours(name: str | None = None) -> metadata.EntryPoints:
    try:
        ours = metadata.distribution("tebura").entry_points
    except metadata.PackageNotFoundError:
        sys.exit("tebura: not installed. In its folder: make setup, or pip install --editable .")
    return ours.select(group=GROUP) if name is None else ours.select(group=GROUP, name=name)


app = typer.Typer(
    cls=Commands,
    help="The runtime of a shop without a checkout.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _all() -> None:
    pass


def main() -> None:
    """The entry point of the installed command."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
