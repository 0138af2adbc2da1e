"""Who asks for money on the daemon's behalf, on a thread of its own: a provider may take its time.

A request is carried out only while its intent stands in the book, just so; until the book is written it waits here, and
one that the book has refused is never sent. Nor is one that a slow provider has kept waiting until nobody wants it any
more: it was given up, or a person has written it off. An answer goes back into the ear as a message, so that it is
recorded before anything follows from it. A provider that fails has not answered: the settlement's own patience looks
it up. In between it is asked now and then what happened unasked, and at once when somebody rings.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable

import structlog

from edge.adapters.payment.provider import UNKNOWN
from edge.daemon.ear import Ear
from edge.driver import Provider
from edge.records import PaymentReply, PaymentRequest

log = structlog.get_logger("tebura")


class Cashier:
    """A `edge.driver.Provider` that answers later. ``may_ask`` says whether the book is up to date; ``stands``, on the
    thread that hands requests over and looks again, whether the book holds a request's intent.
    """

    def __init__(
        self,
        provider: Provider,
        ear: Ear,
        may_ask: Callable[[], bool],
        stands: Callable[[PaymentRequest], bool] = lambda _: True,
        news: Callable[[float], list[PaymentReply]] | None = None,
        news_s: float = 60.0,
    ) -> None:
        self._provider, self._ear, self._may_ask, self._stands = provider, ear, may_ask, stands
        self._unsure: list[PaymentRequest] = []
        self._bell = threading.Condition()
        self._requests: list[PaymentRequest] = []
        self._replies: list[tuple[float, int, PaymentReply]] = []
        self._count = 0
        self._stopping = False
        self._news, self._news_s = news, news_s
        self._news_at_s = time.monotonic() if news is not None else float("inf")
        self._thread = threading.Thread(target=self._work, name="cashier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What was not asked yet will be after the next start: it stands in the book."""
        with self._bell:
            self._stopping = True
            self._bell.notify()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def answer(self, request: PaymentRequest, at_s: float) -> list[PaymentReply]:
        """Take a request over. Nothing is known yet."""
        self._unsure.append(request)
        self.look_again()
        return []

    def ring(self) -> None:
        """The provider has news: ask for them when nobody waits for an answer. From any thread."""
        with self._bell:
            self._news_at_s = min(self._news_at_s, time.monotonic())
            self._bell.notify()

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
            self._bell.notify()

    def _work(self) -> None:
        while True:
            with self._bell:
                self._bell.wait_for(
                    lambda: self._stopping or self._due() or self._askable() or self._untold(), self._patience_s()
                )
                news = self._news if self._untold() and not self._askable() else None
                if self._stopping:
                    return
                request = self._requests.pop(0) if self._askable() else None
            if request is not None:  # one by one: who waits behind a slow one may not be wanted any more
                self._ask(request)
            if news is not None:
                self._hear(news)
            while self._due():
                self._ear.paid(heapq.heappop(self._replies)[2])

    def _ask(self, request: PaymentRequest) -> None:
        try:
            replies = self._provider.answer(request, self._ear.now_s())
        except Exception as error:  # whatever a provider does, the shop goes on
            log.error("payment provider failed", settlement=request.settlement, error=repr(error))
            self._ear.trouble("payment", f"the payment provider fails ({error}). Look at its own status page")
            return
        self._ear.trouble("payment", next((UNKNOWN[r.why] for r in replies if r.why in UNKNOWN), ""))
        self._keep(replies)

    def _hear(self, news: Callable[[float], list[PaymentReply]]) -> None:
        with self._bell:
            self._news_at_s = time.monotonic() + self._news_s
        try:
            replies = news(self._ear.now_s())
        except Exception as error:  # as above
            log.error("payment provider tells no news", error=repr(error))
            self._ear.trouble("payment", f"the payment provider does not say what happened ({error})")
            return
        self._ear.trouble("payment", "")
        self._keep(replies)

    def _keep(self, replies: list[PaymentReply]) -> None:
        for reply in replies:
            self._count += 1
            heapq.heappush(self._replies, (reply.received_s, self._count, reply))

    def _askable(self) -> bool:
        return bool(self._requests) and self._may_ask()

    def _due(self) -> bool:
        return bool(self._replies) and self._replies[0][0] <= self._ear.now_s()

    def _untold(self) -> bool:
        """Whether it is time to ask for news."""
        return time.monotonic() >= self._news_at_s

    def _patience_s(self) -> float | None:
        until_news_s = max(0.0, self._news_at_s - time.monotonic())
        if not self._replies:
            return until_news_s if self._news is not None else None
        return max(0.0, min(1.0, until_news_s, self._replies[0][0] - self._ear.now_s()))
