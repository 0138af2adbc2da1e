"""The live shop: what adapters hear goes through the driver, one message at a time; and time passes.

Every message is recorded before it is stepped, and what follows from it leaves the process only when the book has it.
One thread does all of this; adapters, the cashier and the web have theirs and meet it in the ear.
"""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from edge import __version__
from edge.adapters.members import STANDING_TOPIC, Members, UnusableMembers
from edge.adapters.payment.choose import PAYMENTS as PAYMENTS
from edge.adapters.payment.choose import door_of, provider_of
from edge.daemon.books import LiveBook
from edge.daemon.cashier import Cashier
from edge.daemon.clock import Clock
from edge.daemon.desk import Answer, refused
from edge.daemon.ear import Ear, Kept
from edge.daemon.misheard import Misheard
from edge.daemon.recovery import Recovered, recover, unanswered
from edge.driver import Driver, Observer
from edge.journal import Checkpoint, Recorder, save_checkpoint
from edge.journal.housekeeping import tidy
from edge.ledger.book import Book
from edge.ledger.faults import UnusableLedger
from edge.ledger.mirror import open_mirrored
from edge.ledger.owner import take_for
from edge.payment import deadline_s
from edge.records import PeopleFrame, Publish, Record, Refused
from edge.runtime import carts_inside, closing_status, stock_on_shelves
from edge.runtime.deleted import DELETED
from edge.site import Site
from edge.store import Store
from edge.told import NOTHING, Sentence, joined, phrase, told
from edge.wire import RUNTIME, Heard, decode, encode_tick, without_embeddings

ANSWER_S = 3.0
"""Who asks something waits so long for a shop that is busy."""

TICK_S = 1.0
"""Time is told to the core so often, at least."""

CHECKPOINT_S = 30.0
CHECKPOINT_MESSAGES = 20_000
"""A restart steps at most so much once more."""

TIDY_S = 60.0
MEMBERS_S = 1.0

MOST_UNKEPT = 10
"""A broker delivers so many messages without a confirmation, and some more (mosquitto: 20)."""

LARGEST_REFUSED = 4096
"""Bytes. What was refused is recorded too, so that a replay counts the same, unless it is large."""

RECORDINGS, LEDGER, MEMBERS = "recordings", "ledger.db", "members.db"
"""What stands in the state folder, beside what a payment provider remembers."""

log = structlog.get_logger("tebura")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a message took: from its arrival to the end of its step, seconds."""

    topic: str
    spent_s: float


class Shop:
    """One shop at work, from `open` to `close`. ``publish`` tells the world; ``timed`` is told how long things took.
    ``frozen`` is called as the state is frozen; what it returns is called before that is kept, by whoever keeps it: for
    observers that would miss what is not stepped once more.
    """

    def __init__(
        self,
        store: Store,
        site: Site,
        state_folder: Path,
        *,
        publish: Callable[[Publish], None],
        observers: tuple[Observer, ...] = (),
        timed: Callable[[Timing], None] = lambda _: None,
        clock: Clock | None = None,
        frozen: Callable[[], Callable[[], None]] = lambda: lambda: None,
    ) -> None:
        self.store, self.site, self.folder = store, site, state_folder
        self.clock = clock or Clock()
        self.ear = Ear(self.clock)
        self.heard = 0
        self._publish, self._timed, self._frozen = publish, timed, frozen
        self._observers = observers
        self._began_s = time.monotonic()
        self._ticked_s = self._kept_s = self._tidied_s = self._polled_s = 0.0
        self._since_checkpoint = 0
        self._members_version = 0
        self._keeping: threading.Thread | None = None
        self._unkept: list[Kept] = []
        self._misheard = Misheard(self.ear.trouble)
        self._errands: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    # --- opening and closing --------------------------------------------------------------------------------------

    def open(self) -> Recovered:
        """Everything that has to be there before the first message. `OSError` and its kin: what cannot be used."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        book, mirror, repaired = open_mirrored(self.folder / LEDGER)
        try:
            take_for(book, self.store)
        except UnusableLedger:
            book.close()
            raise
        self.book = book
        self.members = Members(self.folder / MEMBERS)
        self.driver = Driver(self.store, book=book, observers=self._observers, faulted=_report)
        found = recover(self.driver, self.folder / RECORDINGS, self.store, book, self.clock)
        again = self._deleted_again(book)  # not before: recordings may tell of somebody of whom the book knows only now
        self.clock.not_before(self.driver.heard_s)
        self.recorder = Recorder(
            self.folder / RECORDINGS,
            _attached(self.store),
            segment_s=self.site.recorder.segment_minutes * 60.0,
            segment_bytes=self.site.recorder.segment_mib * 2**20,
            opening=self._standings,
        )
        self.live_book = LiveBook(book, mirror, self.recorder, self.ear.trouble)
        payment = self.site.payment
        self.provider = provider_of(payment, self.store, self.folder)
        self.cashier = Cashier(
            self.provider, self.ear, lambda: not self.live_book.refused, self.live_book.stands, self.provider.news,
            payment.news_s,
        )  # fmt: skip
        self._webhooks = door_of(payment, self.provider, self.cashier.ring)
        self.driver.book, self.driver.provider = self.live_book, self.cashier
        self.driver.publish = self._say
        self.cashier.start()
        if self._webhooks is not None:
            self._webhooks.open()
        for request in unanswered(self.driver):
            self.cashier.answer(request, self.clock.now_s())
        state = self.driver.state
        known = {p.topic: p for p in (*carts_inside(state, self.store), *stock_on_shelves(state, self.store))}
        for publish in {**found.retained, **known}.values():
            self._publish(publish)
        for alert in found.alerts:
            self._publish(alert)
        self.ear.forget(self.driver.state.troubles)
        self.ear.trouble("repair", _repaired(repaired, found))
        for _ in (1, 2) if again else (1,):  # two are kept: none may still know who was deleted
            self._keep_checkpoint(Checkpoint(__version__, found.position, self.driver.freeze()), self._frozen())
        self._tick()
        return found

    def close(self) -> Publish:
        """Keep everything; visits in progress stay as they are. The shop's last status, for the world."""
        while (found := self.ear.next(0.0)) is not None:
            self._take(*found)
        if self._webhooks is not None:
            self._webhooks.close()
        self.cashier.stop()
        self.live_book.write()
        self.recorder.sync()
        position = self.recorder.position
        if self._keeping is not None:
            self._keeping.join()
        if position.segment and not self.live_book.waiting:
            self._keep_checkpoint(Checkpoint(__version__, position, self.driver.freeze()), self._frozen())
        self.recorder.close()
        self.members.close()
        self.book.close()
        return closing_status(self.driver.state)

    # --- at work --------------------------------------------------------------------------------------------------

    def work(self, until: Callable[[], bool]) -> None:
        """Hear, and let time pass, until somebody says that it is enough (and wakes the ear)."""
        while not until():
            found = self.ear.next(self._patience_s())
            if found is not None:
                self._take(*found)
            self._pass_time()

    def forget(self, subjects: Iterable[str]) -> None:
        """The book says that these are deleted: nothing else of the shop's knows them any more."""
        for subject in subjects:
            self.members.delete(subject, self.clock.now_s())
        with suppress(UnusableMembers):  # somebody reads on and on: what was deleted is overwritten all the same
            self.members.wipe()
        if self._keeping is not None:
            self._keeping.join()
        self.recorder.flush()
        for _ in (1, 2):  # two are kept
            self._keep_checkpoint(Checkpoint(__version__, self.recorder.position, self.driver.freeze()), self._frozen())
        self.recorder.go_on_with(_attached(self.store))  # what is recorded from now on does not begin with them

    def _deleted_again(self, book: Book) -> bool:
        """Who is enrolled though the book says that they are deleted: a kill came between, or an older register was
        put back. Whether there was anybody.
        """
        enrolled = {enrolment.subject for enrolment in self.members.everybody()}
        gone = {str(subject) for _, subject in book.facts(DELETED, "subject")}
        for subject in gone:
            self.members.delete(subject, self.clock.now_s())
        if gone & enrolled:
            with suppress(UnusableMembers):
                self.members.wipe()
        return bool(gone & enrolled)

    def errand(self, do: Callable[[], None]) -> None:
        """Have something done between two messages, by the thread that works here; from any thread."""
        with self._lock:
            self._errands.append(do)
        self.ear.wake()

    def asked(self, question: Callable[[], Answer]) -> Answer:
        """The answer to a question about the state, found between two messages; from any thread but this one's."""
        answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

        def answer() -> None:
            try:
                answers.put(question())
            except Exception as error:  # a question is no reason to end the shop
                _report(error)
                answers.put(refused("the shop cannot answer that ({error!r}). Please report it", error=error))

        self.errand(answer)
        return answers.get(timeout=ANSWER_S)

    def take(self, heard: Heard) -> None:
        """A message that must have happened before anything else does; on the thread that works here."""
        self._take(heard)

    @property
    def pending(self) -> int:
        """What waits for time or for an answer: messages, people in gates, leaving visits, payments."""
        state = self.driver.state
        leaving = sum(v.state == "leaving" for v in state.door.visits.values())
        asked = sum(deadline_s(s, self.store) is not None for s in state.settlements.values())
        return self.ear.waiting + len(state.door.passings) + leaving + asked + self.live_book.waiting

    @property
    def uptime_s(self) -> float:
        return time.monotonic() - self._began_s

    def _take(self, heard: Heard, kept: Kept | None = None) -> None:
        record = decode(self.store, heard.topic, heard.payload, heard.received_s)
        if isinstance(record, Refused):
            source = _source_of(self.store, heard.topic)
            self.ear.refuse(source, record.reason, heard.payload, record.detail)
            if "/" in source:
                self._misheard.refused(record)
            if not self._may_keep(heard):
                if kept is not None:
                    kept()
                return
        else:
            self._misheard.used(heard.topic)
        measured_s = heard.received_s if isinstance(record, Refused) else record.at_s
        self.recorder.write(self._as_kept(heard, record), measured_s)
        if kept is not None:
            self.recorder.flush()
            self._confirm(heard, kept)
        self.driver.feed(record)
        if self.driver.store is not self.store:
            self.store = self.driver.store
            self.recorder.go_on_with(_attached(self.store))
        self.heard += 1
        self._since_checkpoint += 1
        self._timed(Timing(heard.topic, self.clock.now_s() - heard.received_s))

    def _may_keep(self, refused: Heard) -> bool:
        """Whether a message that was refused is recorded. Nobody knows where in a broken one people's looks stand."""
        looks = refused.topic.startswith("camera/") and not self.store.policy.keeps_appearance
        return len(refused.payload) <= LARGEST_REFUSED and not looks

    def _as_kept(self, heard: Heard, record: Record) -> Heard:
        """A message as it is recorded: as it was on the wire, but for what the policy leaves out."""
        if not isinstance(record, PeopleFrame) or self.store.policy.keeps_appearance:
            return heard
        return Heard(heard.topic, without_embeddings(heard.payload), heard.received_s)

    def _confirm(self, heard: Heard, kept: Kept) -> None:
        """Confirm a message that is on the disk. A passage that the disk did not take is safe with the next checkpoint;
        until then the broker keeps it for us, but not many: it would say nothing more. Who was refused scans again.
        """
        if not self.recorder.trouble or not heard.topic.endswith("/passage"):
            kept()
            return
        self._unkept.append(kept)
        if len(self._unkept) > MOST_UNKEPT:
            self._unkept.pop(0)()

    def _patience_s(self) -> float:
        now_s = self.clock.now_s()
        due_s = min(self._ticked_s + TICK_S, max(self.driver.state.busy_at_s, self._ticked_s + 0.1))
        return min(TICK_S, max(0.001, due_s - now_s))

    def _pass_time(self) -> None:
        now_s = self.clock.now_s()
        busy_at_s = self.driver.state.busy_at_s
        if now_s >= self._ticked_s + TICK_S or now_s >= max(busy_at_s, self._ticked_s + 0.1):
            self._tick()
        if self._errands:
            with self._lock:
                errands, self._errands = self._errands, []
            for do in errands:
                do()
        steady_s = time.monotonic()
        if self._since_checkpoint > CHECKPOINT_MESSAGES or steady_s > self._kept_s + CHECKPOINT_S:
            self._checkpoint(steady_s)
        if steady_s > self._tidied_s + TIDY_S:
            self._tidied_s = steady_s
            tidy(self.recorder, self.book, self.driver.state, self.site.recorder, now_s)

    def _tick(self) -> None:
        """A second has passed, or something is due."""
        now_s = self._ticked_s = self.clock.now_s()
        self.live_book.write()
        self.cashier.look_again()
        if not self.recorder.trouble and self.ear.troubles.get("recorder"):
            self._checkpoint(time.monotonic())  # what was not recorded meanwhile is not lost with the next stop
        self.ear.trouble("recorder", self.recorder.trouble)
        self.ear.trouble("clock-set-back", self.clock.trouble())
        self._misheard.pass_time(now_s)
        self._take(Heard("shop/clock/tick", encode_tick(now_s), now_s))
        steady_s = time.monotonic()
        if steady_s > self._polled_s + MEMBERS_S:
            self._polled_s = steady_s
            self._poll_members(now_s)

    def _poll_members(self, now_s: float) -> None:
        try:
            self._members_version, changed = self.members.changed_since(self._members_version)
        except UnusableMembers as error:
            self.ear.trouble("members", Sentence(str(error)))
            return
        self.ear.trouble("members", NOTHING)
        for enrolment in changed:
            self._take(Heard(STANDING_TOPIC, enrolment.standing(now_s), now_s))

    def _standings(self, at_s: float) -> list[Heard]:
        """What every segment begins with, so that it can be replayed by itself."""
        try:
            everybody = self.members.everybody()
        except UnusableMembers:
            return []
        return [Heard(STANDING_TOPIC, enrolment.standing(at_s), at_s) for enrolment in everybody]

    def _say(self, publish: Publish) -> None:
        """What follows from a message leaves when the message is safe; no gate opens for what is not in the book."""
        self.recorder.flush()
        if self.live_book.waiting and publish.payload.get("open") is True and self.live_book.refused:
            publish = Publish(publish.topic, {"open": False, "reason": "cannot-keep-books"})
        self._publish(publish)

    # --- keeping --------------------------------------------------------------------------------------------------

    def _checkpoint(self, steady_s: float) -> None:
        """Freeze here, write elsewhere: a large shop's state takes the disk a while."""
        if self._keeping is not None and self._keeping.is_alive():
            return
        self._kept_s, self._since_checkpoint = steady_s, 0
        self.live_book.write()
        self.recorder.flush()
        position = self.recorder.position
        if not position.segment or self.live_book.waiting:
            return
        checkpoint = Checkpoint(__version__, position, self.driver.freeze())
        unkept, self._unkept = self._unkept, []
        self._keeping = threading.Thread(
            target=self._keep_checkpoint, args=(checkpoint, self._frozen(), unkept), name="checkpoint"
        )
        self._keeping.start()

    def _keep_checkpoint(
        self, checkpoint: Checkpoint, first: Callable[[], None], unkept: Sequence[Kept] = ()
    ) -> None:  # fmt: skip
        first()
        try:
            save_checkpoint(self.folder / RECORDINGS, checkpoint)
        except OSError as error:
            what = phrase("checkpoints cannot be written ({why}). Free some space on the disk of {folder}")
            self.ear.trouble("checkpoint", told(what, why=error.strerror, folder=self.folder))
        else:
            self.ear.trouble("checkpoint", NOTHING)
            for kept in unkept:
                kept()


def _attached(store: Store) -> dict[str, bytes]:
    """What a segment carries: the store's files, and which version of Tebura heard it."""
    return {**store.sources, RUNTIME: msgspec.json.encode({"version": __version__})}


def _report(error: Exception) -> None:
    trace = "".join(traceback.format_exception(error))
    log.error("something could not be digested and was left out; please report it", trace=trace)


def _repaired(repaired: Sentence, found: Recovered) -> Sentence:
    """What staff should know of the way back; empty where all is as it was."""
    said = [repaired]
    if found.cold:
        what = phrase("what happened lately is not all remembered ({why}); visits in progress go to review")
        said.append(told(what, why=found.cold))
    if found.forgotten:
        what = phrase("{shelves} weighs by another profile than before the stop; visits in progress go to review")
        said.append(told(what, shelves=_few(found.forgotten)))
    if found.recalled:
        what = phrase(
            "{products} is in no row of the catalogue any more, and somebody inside may hold it: they pay what it cost "
            "when they came in"
        )
        said.append(told(what, products=_few(found.recalled)))
    if found.lost:
        what = phrase("{n} visits that only the ledger knew of wait for review: {visits}")
        said.append(told(what, n=len(found.lost), visits=_few(found.lost)))
    if found.unbooked:
        what = phrase(
            "the ledger lacks the money of {n} visits that the shop remembers: was an older one put back? "
            "They wait for "
            "review: {visits}"
        )
        said.append(told(what, n=len(found.unbooked), visits=_few(found.unbooked)))
    return joined(*said)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (" …" if len(names) > 10 else "")


def _source_of(store: Store, topic: str) -> str:
    """Under what a refusal is counted: a device that the store has, else the kind of device that it pretends to be.
    Anybody can make up names; neither counters nor log lines may grow with them.
    """
    room, _, name = topic.rpartition("/")[0].partition("/")
    layout = store.layout
    known = (
        (room == "shelf" and layout.has_shelf(name))
        or (room == "camera" and layout.has_camera(name))
        or (room == "gate" and layout.gate(name) is not None)
    )
    return f"{room}/{name}" if known else room
