"""The languages that receipts can be written in, as an option."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.cli.terminal import refuse


def _known(language: str) -> str:
    """As it was given; empty: the shop's first."""
    if language:
        from edge.checkout.words import WORDS

        if language not in WORDS:
            refuse(f"--language {language}: receipts are written in {', '.join(sorted(WORDS))}. Name one of them")
    return language


Language = Annotated[str, typer.Option(help="Of receipts: ja or en; the shop's first without it.", callback=_known)]
