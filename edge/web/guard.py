"""What every answer carries and every request must keep to, whatever page it is for.

Enters: requests. Leaves: them, or a refusal; answers with headers that let a browser run and load nothing but our own
files. Refuses: a body that is too large, a name of this server that is none of its own (DNS rebinding), and a change
that another site's page asks for: browsers say where a request comes from (Fetch Metadata, or Origin), and cookies of
the console are not the only thing that must not be sent from elsewhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.site import Screens as Settings

BODY_AT_MOST: Final = 1 << 16
"""Bytes; nothing that anybody sends here is larger."""

CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "font-src 'self'",
        "connect-src 'self'", "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)  # fmt: skip

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), screen-wake-lock=(self)",
}


class Guard:
    """ASGI middleware; in front of everything else. ``refusal`` makes the answer for a status."""

    def __init__(self, app: ASGIApp, settings: Settings, refusal: Callable[[Scope, int], ASGIApp]) -> None:
        self._app, self._told = app, refusal
        self._name = (urlsplit(settings.address).hostname or "") if settings.address else ""
        self._secure = settings.address.startswith("https:") or settings.certificate is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await self._told(scope, refusal)(scope, receive, self._with_headers(send, scope))
            return
        length = 0

        async def limited() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > BODY_AT_MOST:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, self._with_headers(send, scope))

    def _refusal(self, scope: Scope) -> int | None:
        """The status with which it is refused."""
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            return 421
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:18]) > BODY_AT_MOST:
            return 413
        if scope["method"] in CHANGING and not _from_here(headers):
            return 403
        return None

    def _is_ours(self, host: str) -> bool:
        """Its own name, a bare address, and names that no public server can give out."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if not name:
            return False
        if name in (self._name, "localhost") or name.endswith((".local", ".localhost", ".lan", ".home.arpa")):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _with_headers(self, send: Send, scope: Scope) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if self._secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        return sending


def _from_here(headers: Headers) -> bool:
    """Whether one of our own pages asks, or no browser does."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
