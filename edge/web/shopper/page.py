"""The app for phones: a page that is kept on the phone, its service worker, and what the law wants to be told.

Enters: `Screens` and `Pages`. Leaves: routes. The page is the same for everybody: who somebody is their phone knows,
and what is theirs it asks for with signed requests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from edge.checkout.sale import issuer_of
from edge.web.pages import Pages
from edge.web.shop import Screens
from edge.web.shopper.api import Api

HERE: Final = Path(__file__).parent.parent
WORKER: Final = "shopper/sw.js"

MARKED: Final = ("base.css", "shopper.css", "shopper/app.js", "icon.svg")
"""Files that the page names with a mark of their content."""
PLAIN: Final = (
    *(f"shopper/{name}.js" for name in (
        "account", "bought", "code", "contest", "drawn", "gate", "join", "kept", "key", "page", "signed", "stream",
        "views",
    )),
    "vendor/lean-qr/lean-qr-2.7.4.js",
)  # fmt: skip
"""Files that modules name, which know no marks."""

ICONS: Final = (("shopper/icon-192.png", "192x192"), ("shopper/icon-512.png", "512x512"))


def part(screens: Screens, pages: Pages) -> Sequence[BaseRoute]:
    """All routes of the shopper's side."""
    worker = _worker(screens, pages)

    async def app(request: Request) -> Response:
        return pages.page(request, "shopper/app.html", modules=PLAIN)

    async def notices(request: Request) -> Response:
        store, recorder = screens.store, screens.site.recorder
        return pages.page(
            request, "shopper/notices.html", issuer=issuer_of(store), policy=store.policy, recorder=recorder
        )

    async def manifest(_request: Request) -> Response:
        return JSONResponse(_manifest(screens, pages), media_type="application/manifest+json")

    async def service_worker(_request: Request) -> Response:
        return Response(worker, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def home(_request: Request) -> Response:
        return RedirectResponse("/m/")

    return [
        Route("/m", home),
        Route("/m/", app),
        Route("/m/notices", notices),
        Route("/m/app.webmanifest", manifest),
        Route("/m/sw.js", service_worker),
        *Api(screens).routes(),
    ]


def _worker(screens: Screens, pages: Pages) -> str:
    """The service worker, with what it keeps; its cache has another name as soon as anything in it is different."""
    files = [pages.static(name) for name in MARKED] + [f"/static/{name}" for name in PLAIN]
    parts = [pages.static(name).encode() for name in (*MARKED, *PLAIN, WORKER)] + [
        path.read_bytes() for folder in ("templates", "locale") for path in sorted((HERE / folder).rglob("*.*"))
    ]
    parts.append(f"{screens.store.id}\0{screens.store.name}".encode())
    mark = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    head = f"const SHELL = {json.dumps(f'tebura-{mark}')};\nconst FILES = {json.dumps(files)};\n"
    return head + (HERE / "static" / WORKER).read_text(encoding="utf-8")


def _manifest(screens: Screens, pages: Pages) -> dict[str, object]:
    name = screens.store.name
    return {
        "id": "/m/", "start_url": "/m/", "scope": "/m/", "display": "standalone", "name": name, "short_name": name[:12],
        "background_color": "#f7f6f3", "theme_color": "#0b6b53",
        "icons": [{"src": pages.static(file), "sizes": size, "type": "image/png"} for file, size in ICONS],
    }  # fmt: skip
