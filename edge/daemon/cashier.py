"""Who asks for money on the daemon's behalf, on a thread of its own: a provider may take its time.

A request is carried out only while its intent stands in the book, just so; until the book is written it waits here, and
one that the book has refused is never sent. Nor is one that a slow provider has kept waiting until nobody wants it any
more: it was given up, or a person has written it off. An answer goes back into the ear as a message, so that it is
recorded before anything follows from it. A provider that fails has not answered: the settlement's own patience looks
it up.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable

import structlog

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
    ) -> None:
        self._provider, self._ear, self._may_ask, self._stands = provider, ear, may_ask, stands
        self._unsure: list[PaymentRequest] = []
        self._bell = threading.Condition()
        self._requests: list[PaymentRequest] = []
        self._replies: list[tuple[float, int, PaymentReply]] = []
        self._count = 0
        self._stopping = False
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
                self._bell.wait_for(lambda: self._stopping or self._due() or self._askable(), self._patience_s())
                if self._stopping:
                    return
                request = self._requests.pop(self._next()) if self._askable() else None
            if request is not None:  # one by one: who waits behind a slow one may not be wanted any more
                self._ask(request)
            while self._due():
                self._ear.paid(heapq.heappop(self._replies)[2])

    def _ask(self, request: PaymentRequest) -> None:
        try:
            replies = self._provider.answer(request, self._ear.now_s())
        except Exception as error:  # whatever a provider does, the shop goes on
            log.error("payment provider failed", settlement=request.settlement, error=repr(error))
            self._ear.trouble("payment", f"the payment provider fails ({error}). Look at its own status page")
            return
        self._ear.trouble("payment", "")
        for reply in replies:
            self._count += 1
            heapq.heappush(self._replies, (reply.received_s, self._count, reply))

    def _next(self) -> int:
        """Which request comes next: a hold, because somebody stands at the gate; what happened long ago last."""
        urgent = [2 if r.look_up else 0 if r.operation == "hold" else 1 for r in self._requests]
        return urgent.index(min(urgent))

    def _askable(self) -> bool:
        return bool(self._requests) and self._may_ask()

    def _due(self) -> bool:
        return bool(self._replies) and self._replies[0][0] <= self._ear.now_s()

    def _patience_s(self) -> float | None:
        if not self._replies:
            return None
        return max(0.0, min(1.0, self._replies[0][0] - self._ear.now_s()))
