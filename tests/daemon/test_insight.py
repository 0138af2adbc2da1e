"""What a live shop keeps of what happened is what its recordings and its book tell, kills or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.daemon.consents import consent
from edge.daemon.shop import LEDGER, RECORDINGS
from edge.insight import FILE, Insight
from edge.insight.live import Keeper
from edge.insight.rebuild import rebuilt
from edge.journal import segments
from edge.ledger import Book
from edge.told import Sentence
from tests.daemon.rehearsals import Rehearsal


class Kept(Rehearsal):
    """A shop whose events are kept as `tebura run` does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.troubles: list[Sentence] = []
        self.state.mkdir(parents=True)

    def begin(self) -> None:
        self.keeper = Keeper(self.state, self.store, LEDGER, self.troubles.append)
        self.keeper.open()
        self.observers, self.frozen = (self.keeper.floor,), self.keeper.frozen
        self.open({})

    def end(self) -> None:
        self.shop.close()
        self.keeper.close()

    def content(self) -> list[str]:
        with Insight(self.state / FILE) as insight:
            return list(insight.content())

    def rebuild(self) -> list[str]:
        with Book(self.state / LEDGER, read_only=True) as book:
            rebuilt(self.state, segments(self.state / RECORDINGS), book, self.store)
        return self.content()


@pytest.fixture
def shop(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_what_is_kept_live_is_what_a_rebuild_tells(shop: Kept) -> None:
    shop.begin()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.end()
    live = shop.content()
    kinds = [line for line in live if line.startswith("event")]
    assert len(kinds) == 5  # she came, stopped, took, left, and paid
    assert shop.rebuild() == live
    assert not [told for told in shop.troubles if told]


@pytest.mark.parametrize("killed_s", [4.0, 8.0, 13.5])
def test_a_kill_changes_nothing(shop: Kept, killed_s: float) -> None:
    shop.begin()
    shop.play(0.0, killed_s)
    shop.leave_as_killed()
    shop.keeper.close()
    shop.begin()
    shop.play(killed_s, 18.0)
    shop.settle()
    shop.end()
    live = shop.content()
    assert shop.rebuild() == live


def test_nothing_is_lost_though_what_was_noticed_last_never_was_written(shop: Kept) -> None:
    """Killed between a checkpoint and the next writing: what was noticed behind the checkpoint is noticed again."""
    shop.begin()
    shop.play(0.0, 11.0)
    shop.shop._checkpoint(0.0)
    keeping = shop.shop._keeping
    assert keeping is not None
    keeping.join()
    shop.keeper.floor._tell_sampled = lambda _: None  # from here on nothing is handed over
    shop.play(11.0, 13.5)
    shop.leave_as_killed()
    shop.keeper._waiting.put(None)
    shop.begin()
    shop.play(13.5, 18.0)
    shop.settle()
    shop.end()
    live = shop.content()
    assert len([line for line in live if "'dwelt'" in line]) == 1
    assert shop.rebuild() == live


def test_it_may_be_deleted_while_the_shop_runs(shop: Kept) -> None:
    shop.begin()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.keeper.close()
    for path in shop.state.glob(f"{FILE}*"):
        path.unlink()
    shop.keeper.open()
    shop.shop.close()
    shop.keeper.close()
    with Insight(shop.state / FILE) as insight:
        assert [e.kind for e, _ in insight.events()] == ["entered", "picked-up", "left", "bought"]


def test_a_file_that_cannot_be_used_costs_the_shop_nothing(shop: Kept) -> None:
    (shop.state / FILE).write_bytes(b"somebody's own file" * 100)
    shop.begin()
    shop.play(0.0, 18.0)
    shop.settle()
    shop.end()
    assert shop.entries_of_closed("settlement")
    assert "is no collection of events" in shop.troubles[0]
    assert (shop.state / FILE).read_bytes().startswith(b"somebody's own file")


def test_a_member_is_named_only_as_long_as_they_allow_it(shop: Kept) -> None:
    shop.begin()
    shop.shop.members.add("ana", b"", "member", 0.0)

    def say(**wanted: object) -> dict[str, object]:
        return consent(shop.shop, {"subject": "ana", "purpose": "insight", "by": "aki", **wanted})

    def asked(**wanted: object) -> dict[str, object]:
        answers: list[dict[str, object]] = []
        shop.shop.errand(lambda: answers.append(say(**wanted)))
        shop.work()
        return answers[0]

    assert "is no member" in str(asked(subject="bob", given=True)["error"])
    assert "is no purpose" in str(asked(purpose="advertising", given=True)["error"])
    assert asked(given=True)["given"] is True
    shop.play(0.0, 18.0)
    shop.settle()
    shop.keeper.close()
    with Insight(shop.state / FILE) as insight:
        named = [subject for _, subject in insight.events()]
    assert named.count("ana") == len(named) == 5
    shop.keeper.open()
    shop.at_s += 0.01
    asked(given=False)
    shop.end()
    with Insight(shop.state / FILE) as insight:
        told = {(event.kind == "forgotten", subject) for event, subject in insight.events()}
        assert told == {(False, ""), (True, "ana")}, "nobody is named but to be forgotten"
        kept = [line for line in insight.content() if not line.startswith("forgotten ")]
        assert "ana" not in "".join(kept)
    live = shop.content()
    assert shop.rebuild() == live
