"""`tebura web`: the screens for staff, shoppers and gates."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.cli.live import StateFolder, StoreFolder
from edge.cli.places import state_folder
from edge.cli.terminal import refuse, refuse_extra, refuse_store


def web(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Instead of the one in site.toml.")] = None,
) -> None:
    """Serve the staff's console, the shopper's page and the boards at the gates, beside `tebura run`."""
    from edge.site import load_shop
    from edge.store import BrokenStore

    try:
        from edge.web.serve import serve
        from edge.web.shop import Screens
    except ImportError as error:
        refuse_extra(error, "web")
    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    if port is not None:
        site = site.model_copy(update={"screens": site.screens.model_copy(update={"port": port})})
    from edge.daemon.screen import speak_plainly

    speak_plainly()
    try:
        serve(Screens(shop, site, state_folder(state, shop.id), store))
    except OSError as error:
        refuse(str(error))
