"""HTML that cannot be broken by what a shop is called: every text is escaped unless it is markup already."""

from __future__ import annotations

from html import escape

VOID = frozenset({"br", "circle", "ellipse", "input", "line", "meta", "path", "polygon", "polyline", "rect", "use"})
"""Elements without children, of HTML and SVG alike."""


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()

    def __html__(self) -> str:
        """For templates, which escape whatever has no such method."""
        return self


Child = str | int | float | None


def text(child: Child) -> str:
    """A child as HTML; None is nothing."""
    if isinstance(child, Markup):
        return child
    return "" if child is None else escape(str(child))


def join(*children: Child) -> Markup:
    """Children one after another."""
    return Markup("".join(map(text, children)))


def tag(element: str, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """``tag("a", "Ana", href="#v1", class_="v")``: trailing underscores fall off names, others become hyphens.

    An attribute that is None or False is left out; True stands without a value.
    """
    given = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
        given.append(f" {name}" if value is True else f' {name}="{escape(str(value))}"')
    head = f"<{element}{''.join(given)}>"
    if element in VOID:
        return Markup(head.replace(">", "/>") if not children and head.endswith('">') else head)
    return Markup(f"{head}{join(*children)}</{element}>")


def number(value: float, digits: int = 1) -> str:
    """A number for a coordinate: short, and never in exponent notation."""
    shown = f"{value:.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
