"""The server: uvicorn, which stops within two seconds though streams are open."""

from __future__ import annotations

import signal
import socket
import ssl
from collections.abc import Sequence
from types import FrameType

import structlog
import uvicorn

from edge.web.address import address_of
from edge.web.app import PARTS, Part, app_of
from edge.web.shop import Screens

STOP_S = 1
"""So long a request that is being answered may take when the process is told to stop."""

log = structlog.get_logger("tebura")


class _Server(uvicorn.Server):
    """Ends the streams first: uvicorn waits for them."""

    def __init__(self, config: uvicorn.Config, screens: Screens) -> None:
        super().__init__(config)
        self._screens = screens

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._screens.hub.close()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            log.info("serving screens", store=self._screens.store.id, address=address_of(self._screens.site))


def serve(screens: Screens, parts: Sequence[Part] = PARTS, home: str = "/m/") -> None:
    """Serve until SIGTERM or SIGINT. `OSError` where the port or the certificate cannot be used, with the remedy."""
    settings = screens.site.screens
    if settings.certificate is not None:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                settings.certificate, settings.private_key
            )
        except OSError as error:
            remedy = "Name PEM files that belong together, and that this user may read, in [screens] of site.toml"
            raise OSError(f"{settings.certificate}: cannot be used ({error.strerror or error}). {remedy}") from error
    try:
        family = socket.AF_INET6 if ":" in settings.listen else socket.AF_INET
        door = socket.create_server((settings.listen, settings.port), family=family, backlog=256)
    except OSError as error:
        what = f"{settings.listen}:{settings.port} cannot be served on ({error.strerror or error})"
        raise OSError(f"{what}. Set another port in [screens] of site.toml, or with --port") from error
    config = uvicorn.Config(
        app_of(screens, parts, home),
        ssl_certfile=settings.certificate,
        ssl_keyfile=str(settings.private_key) if settings.private_key else None,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_graceful_shutdown=STOP_S,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
    )
    for sign in (signal.SIGTERM, signal.SIGINT):
        # uvicorn has its own, and raises what it got once more when it is done: to be stopped is no fault.
        signal.signal(sign, lambda *_: None)
    _Server(config, screens).run(sockets=[door])
