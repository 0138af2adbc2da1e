"""Finds the commands that packages have registered, and imports the one that was typed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from copy import copy
from functools import cache
from inspect import getdoc
from typing import Any

import typer
from typer.core import TyperGroup

from edge.cli.registered import Registered, registered
from edge.cli.terminal import say

OURS, GROUP = "tebura", "tebura.commands"
OTHERS = "More"
"""The heading in ``--help`` for commands of a package that says no ``PANEL``, beside the module that holds them."""


class Commands(TyperGroup):
    """The commands that stand in entry points, in place of a list of imports."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names: the shop's own first, then package by package."""
        found = {e.name: e.module.split(".")[0] for e in reversed(_commands())}
        return sorted(found, key=lambda name: (found[name] != "edge", found[name], name))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command as ``--help`` lists it, without its options; None where nobody has registered it."""
        return _command(cmd_name, _outline)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that was typed, with all that belongs to it; for one that is not there, what is spelt like it."""
        self.commands = dict.fromkeys(self.list_commands(ctx), self)
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _command(args[0]), rest


def _command(name: str, of: Callable[[Any], Any] = lambda found: found) -> Any:
    """What is registered under a name, or what ``of`` makes of it, as a command; None where nobody has."""
    for entry in _commands():
        found = _loaded(entry) if entry.name == name else None
        if found is None:
            continue
        panel = getattr(sys.modules[entry.module.rpartition(".")[0] or entry.module], "PANEL", OTHERS)
        one, shape = typer.Typer(add_completion=False), of(found)
        if isinstance(shape, typer.Typer):
            one.add_typer(shape, name=name, rich_help_panel=panel)
        else:
            one.command(name, help=getdoc(found), rich_help_panel=panel)(shape)
        return typer.main.get_group(one).commands[name]
    return None


def _outline(found: Any) -> Any:
    """A command that only has a name and a help: reading the options of all of them takes a tenth of a start."""
    if not isinstance(found, typer.Typer):
        return lambda: None
    outline = copy(found)
    outline.registered_commands, outline.registered_groups = [], []
    return outline


def _loaded(entry: Registered) -> Any:
    """What an entry point names; None, and a word, where somebody else's cannot be had: the shop's commands can."""
    try:
        return entry.load()
    except Exception as error:
        if entry.dist == OURS:
            raise
        of = f"the command {entry.name} of {entry.dist} {entry.version}"
        say(f"{of} cannot be loaded ({error!r}). Bring that package up to date, or uninstall it")
        return None


@cache
def _commands() -> list[Registered]:
    """Everybody's, Tebura's own before those of others."""
    found = registered(GROUP)
    if not any(e.dist == OURS for e in found):
        sys.exit("tebura: not installed. In its folder: make setup, or pip install --editable .")
    return sorted(found, key=lambda e: e.dist != OURS)


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
