"""One connection to headquarters' NATS: opened, asked over, closed.

Enters: an address, the file with the shop's seed (an Ed25519 nkey; the server knows its public half alone), a CA.
Leaves: answers to requests. `Away`, with the reason, whenever there is none: who asks tries again later, and asks
first where headquarters stands. The library's own reconnecting is left off: it would hold back requests that are old
by then.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import nats.errors
from nats.aio.client import Client

from edge.uplink.contract import LEDGER, STATUS, Heard, token_of

CONNECT_S: Final = 5
PATIENCE_S: Final = 10.0
"""So long an answer may take; the worker may have died, and another one answers when it is asked again."""


class Away(OSError):
    """Headquarters does not answer."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where headquarters is, and who comes. ``credentials``: None where the server asks for none (in tests)."""

    address: str
    store: str
    credentials: Path | None = None
    ca_file: Path | None = None


class Line:
    """One connection, from `open` to `close`."""

    def __init__(self, door: Door) -> None:
        self._door, self._nats = door, Client()
        self._token = token_of(door.store)
        self._denied: asyncio.Future[str]

    async def open(self) -> None:
        """`Away` where nobody is there or nobody lets this shop in."""
        door, refused = self._door, [""]
        self._denied = asyncio.get_running_loop().create_future()

        async def note(error: Exception) -> None:
            refused[0] = str(error) or type(error).__name__
            if "permissions violation" in refused[0].lower() and not self._denied.done():
                self._denied.set_result(refused[0])

        tls = ssl.create_default_context(cafile=door.ca_file) if door.address.startswith("tls:") else None
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._nats.connect(
                    door.address, name=door.store, tls=tls, allow_reconnect=False, error_cb=note,
                    connect_timeout=CONNECT_S, inbox_prefix=f"_INBOX.{self._token}",
                    nkeys_seed=str(door.credentials) if door.credentials else None,
                )  # fmt: skip
        except (OSError, ssl.SSLError, nats.errors.Error, TimeoutError, ValueError) as error:
            await self.close()
            raise Away(refused[0] or str(error) or type(error).__name__) from error
        except Exception as error:  # what the key library says of a file that holds no seed has no class of its own
            await self.close()
            raise Away(f"{door.credentials}: {error or type(error).__name__}") from error

    async def ask(self, request: bytes) -> Heard:
        """What headquarters has. `Away`."""
        try:
            asking = asyncio.ensure_future(self._nats.request(f"{LEDGER}{self._token}", request, timeout=PATIENCE_S))
            both: set[asyncio.Future[Any]] = {asking, self._denied}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                asking.cancel()
                raise Away(f"its credentials are another shop's ({self._denied.result()})")
            answer = await asking
            return msgspec.json.decode(answer.data, type=Heard)
        except nats.errors.NoRespondersError as error:
            raise Away("no worker is at work there") from error
        except (OSError, nats.errors.Error, TimeoutError, msgspec.MsgspecError, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and not self._nats.is_closed:
                raise
            raise Away(str(error) or type(error).__name__) from error

    async def tell(self, status: bytes) -> None:
        """Say how the shop is; nobody answers. `Away`."""
        try:
            await self._nats.publish(f"{STATUS}{self._token}", status)
        except (OSError, nats.errors.Error) as error:
            raise Away(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Let go of it."""
        with suppress(Exception):
            async with asyncio.timeout(1.0):
                await self._nats.close()
