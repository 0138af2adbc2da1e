"""Who asks for money on the daemon's behalf, on threads of its own: a provider may take its time.

Requests of several visits are under way at once, those of one visit one after the other, in the order in which they
were decided. Some threads are for holds alone: whoever stands at the gate does not wait behind calls that hang.

A request is carried out only while its intent stands in the book, just so; until the book is written it waits here, and
one that the book has refused is never sent. Nor is one that a slow provider has kept waiting until nobody wants it any
more: it was given up, or a person has written it off. An answer goes back into the ear as a message, so that it is
recorded before anything follows from it. A provider that fails has not answered: the settlement's own patience looks
it up. In between it is asked now and then what happened unasked, and at once when somebody rings.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable

import structlog

from edge.adapters.payment.provider import UNKNOWN
from edge.daemon.ear import Ear
from edge.driver import Provider
from edge.records import PaymentReply, PaymentRequest
from edge.told import NOTHING, phrase, told

NEWS = ""
"""No visit's name."""

MOST_AT_ONCE = 8
"""So many requests are under way at once; of the account's own limit (Stripe: 100 a second) that is little."""
MOST_PAYING = 5
"""… and so many of them about anything but a hold."""

QUIET_S = 10.0
"""So long news wait for a moment in which nothing is under way."""

STOP_S = 1.0
"""A call that hangs is not waited for any longer when the shop stops."""

log = structlog.get_logger("tebura")


class Cashier:
    """A `edge.driver.Provider` that answers later. ``may_ask`` says whether the book is up to date; ``stands``, on the
    thread that hands requests over and looks again, whether the book holds a request's intent. ``at_once``: so many
    requests are under way at most.
    """

    def __init__(
        self,
        provider: Provider,
        ear: Ear,
        may_ask: Callable[[], bool],
        stands: Callable[[PaymentRequest], bool] = lambda _: True,
        news: Callable[[float], list[PaymentReply]] | None = None,
        news_s: float = 60.0,
        at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._provider, self._ear, self._may_ask, self._stands = provider, ear, may_ask, stands
        self._unsure: list[PaymentRequest] = []
        self._bell = threading.Condition()
        self._requests: list[PaymentRequest] = []
        self._under_way: dict[str, bool] = {}
        """Visit -> whether what it is being asked for is a hold; '' is the news."""
        self._replies: list[tuple[float, int, PaymentReply]] = []
        self._count = 0
        self._stopping = False
        self._news, self._news_s = news, news_s
        self._news_at_s = time.monotonic() if news is not None else float("inf")
        self._threads = [threading.Thread(target=self._work, name="cashier", daemon=True) for _ in range(at_once)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """What was not asked yet will be after the next start: it stands in the book."""
        with self._bell:
            self._stopping = True
            self._bell.notify_all()
        end_s = time.monotonic() + STOP_S
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end_s - time.monotonic()))

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """Take a request over. Nothing is known yet."""
        self._unsure.append(request)
        self.look_again()
        return []

    def ring(self) -> None:
        """The provider has news: ask for them when nobody waits for an answer. From any thread."""
        with self._bell:
            self._news_at_s = min(self._news_at_s, time.monotonic())
            self._bell.notify_all()

    def look_again(self) -> None:
        """The book may have been written: what stands in it is asked for, what it refused or ended since never is."""
        with self._bell:
            waiting, self._requests, self._unsure = [*self._requests, *self._unsure], [], []
        standing: list[PaymentRequest] = []
        if not self._may_ask():
            self._unsure = waiting
        else:
            standing = [request for request in waiting if self._stands(request)]
            for request in waiting:
                if request not in standing and not request.look_up:
                    what = "nobody is asked for what the book does not say, or not any more"
                    log.error(what, settlement=request.settlement)
        with self._bell:
            self._requests += standing
            self._bell.notify_all()

    def _work(self) -> None:
        while True:
            with self._bell:
                while not (self._stopping or self._due() or self._next() is not None or self._untold()):
                    self._bell.wait(self._patience_s())  # whoever rings may change for how long
                if self._stopping:
                    return
                while self._due():
                    self._ear.paid(heapq.heappop(self._replies)[2])
                turn = self._next()
                request = self._requests.pop(turn) if turn is not None else None
                news = self._news if request is None and self._untold() else None
                if request is None and news is None:
                    continue
                about = request.settlement if request is not None else NEWS
                self._under_way[about] = _is_hold(request)
                if news is not None:
                    self._news_at_s = time.monotonic() + self._news_s
            replies = self._ask(request) if request is not None else self._hear(news) if news is not None else []
            with self._bell:
                del self._under_way[about]
                for reply in replies:
                    self._count += 1
                    heapq.heappush(self._replies, (reply.received_s, self._count, reply))
                self._bell.notify_all()

    def _ask(self, request: PaymentRequest) -> list[PaymentReply]:
        try:
            replies = self._provider.answer(request, self._ear.now_s())
        except Exception as error:  # whatever a provider does, the shop goes on
            log.error("payment provider failed", settlement=request.settlement, error=repr(error))
            what = phrase("the payment provider fails ({error}). Look at its own status page")
            self._ear.trouble("payment", told(what, error=error))
            return []
        self._ear.trouble("payment", next((UNKNOWN[r.why] for r in replies if r.why in UNKNOWN), NOTHING))
        return replies

    def _hear(self, news: Callable[[float], list[PaymentReply]]) -> list[PaymentReply]:
        try:
            replies = news(self._ear.now_s())
        except Exception as error:  # as above
            log.error("payment provider tells no news", error=repr(error))
            what = phrase("the payment provider does not say what happened ({error})")
            self._ear.trouble("payment", told(what, error=error))
            return []
        self._ear.trouble("payment", NOTHING)
        return replies

    # --- with the bell held -----------------------------------------------------------------------------------------

    def _next(self) -> int | None:
        """Which request comes next, if any may now: a hold, because somebody stands at the gate; what happened long ago
        last. Of one visit what was decided first, when nothing else of it is under way.
        """
        if not self._requests or not self._may_ask():
            return None
        paying = sum(not hold for about, hold in self._under_way.items() if about != NEWS)
        best: tuple[int, int] | None = None
        seen = set(self._under_way)
        for turn, request in enumerate(self._requests):
            if request.settlement in seen:
                continue
            seen.add(request.settlement)
            hold = _is_hold(request)
            if not hold and paying >= MOST_PAYING:
                continue
            urgent = (2 if request.look_up else 0 if hold else 1, turn)
            best = urgent if best is None else min(best, urgent)
        return None if best is None else best[1]

    def _due(self) -> bool:
        return bool(self._replies) and self._replies[0][0] <= self._ear.now_s()

    def _untold(self) -> bool:
        """Whether it is time to ask for news."""
        return time.monotonic() >= self._news_due_s()

    def _news_due_s(self) -> float:
        """They wait until nobody waits for an answer; but not for ever, in a shop where always somebody does."""
        if NEWS in self._under_way or self._next() is not None:
            return math.inf
        return self._news_at_s + (QUIET_S if self._under_way else 0.0)

    def _patience_s(self) -> float | None:
        """So long nothing happens by itself; whatever ends rings the bell."""
        news_s = self._news_due_s() - time.monotonic()
        patience_s = max(0.0, news_s) if math.isfinite(news_s) else None
        if self._replies:
            due_s = max(0.0, min(1.0, self._replies[0][0] - self._ear.now_s()))
            patience_s = due_s if patience_s is None else min(patience_s, due_s)
        return patience_s


def _is_hold(request: PaymentRequest | None) -> bool:
    """Whether somebody stands at the gate for it."""
    return request is not None and request.operation == "hold" and not request.look_up
