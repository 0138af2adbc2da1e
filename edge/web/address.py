"""Under which address people find the screens of a site."""

from __future__ import annotations

from edge.site import Site


def address_of(site: Site) -> str:
    """Where people find the screens."""
    settings = site.screens
    if settings.address:
        return settings.address
    host = f"[{settings.listen}]" if ":" in settings.listen else settings.listen
    return f"http{'s' if settings.certificate else ''}://{host}:{settings.port}"
