"""The feed: ``GET /events?after=`` with a key, for programs.

Enters: a cursor, and ``Authorization: Bearer`` with a key that `tebura feed key` has made. Leaves: a batch of
CloudEvents, oldest first, and in ``Link`` and ``Tebura-Next`` where to go on; an empty one: there is nothing new yet.
A cursor outlives restarts and rebuilds. Browsers that listen for changes at the same address are somebody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.insight import FILE, Insight, UnusableInsight
from edge.insight.cloudevents import BATCH, batch
from edge.insight.feed import FILE as KEYS
from edge.insight.feed import Feed, UnusableFeed
from edge.insight.keeping import BadCursor, Cursor
from edge.web.shop import Screens

USUAL, MOST = 100, 1000
"""Events at once, where nothing is asked for, and at most."""
BEARER: Final = "bearer "


def wants_feed(request: Request) -> bool:
    """Whether it is a program that asks for events, and no page that listens."""
    accepted = request.headers.get("accept", "")
    return "after" in request.query_params or "authorization" in request.headers or BATCH in accepted


def feed_of(screens: Screens) -> Callable[[Request], Awaitable[Response]]:
    """The handler."""

    async def feed(request: Request) -> Response:
        try:
            return await asyncio.to_thread(_read, screens, request)
        except BadCursor as error:
            return _no(400, str(error))
        except (UnusableFeed, UnusableInsight) as error:
            return _no(503, str(error))

    return feed


def _read(screens: Screens, request: Request) -> Response:
    if not _known(screens, request.headers.get("authorization", "")):
        answer = _no(401, "no key of ours. `tebura feed key NAME` makes one; send it as Authorization: Bearer …")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    limit = request.query_params.get("limit", str(USUAL))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:6]) <= MOST):
        return _no(400, f"{limit[:20]!r} is no number of events. Ask for 1 to {MOST}")
    since = Cursor.of(request.query_params.get("after", ""))
    path = screens.state_folder / FILE
    events = []
    if path.is_file():
        with Insight(path) as insight:
            events = insight.events(since, int(limit))
    for event, _ in events:
        since = since.after(event)
    following = since.text()
    headers = {"Link": f'</events?after={following}&limit={limit}>; rel="next"', "Tebura-Next": following}
    return Response(batch(screens.store.id, events), media_type=BATCH, headers=headers)


def _known(screens: Screens, said: str) -> bool:
    path = screens.state_folder / KEYS
    if not said.lower().startswith(BEARER) or not path.is_file():
        return False
    with Feed(path) as feed:
        return bool(feed.whose_key(said[len(BEARER) :].strip()))


def _no(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)
