"""Goods for adults: whoever holds them is asked for their age, and nothing of it is sold in silence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from edge.adapters.members import Members, UnusableMembers
from edge.adapters.payment.local import LocalProvider
from edge.checkout import Receipt, receipt_text, sale_of
from edge.driver import Driver
from edge.ledger import Book, receipt_of
from edge.records import AgeVerdict, LedgerEntry, Publish
from edge.store import Store, read_store
from edge.wire import Heard, encode_age, encode_store, open_recording
from tests.corner import CATALOGUE, FILES, OPENS_S, STORE, TWO_ONIGIRI, Pick, errand

VISIT = "20231115-0001"
ADULTS = CATALOGUE.replace("weight_sd_g", "weight_sd_g,age").replace(",110,1", ",110,1,20").replace(",625,2", ",625,2,")
TEA = Pick(8.4, 3, 625.0, "green-tea")
BACK = Pick(9.5, 1, -220.0, "onigiri-salmon", 2)


def shop(policy: str = "") -> Store:
    toml = f"{STORE}\n[policy]\nage_answer_within_s = 20.0\n{policy}\n"
    return read_store({**FILES, "store.toml": toml.encode(), "catalogue.csv": ADULTS.encode()})


class Morning:
    """Ana's errand for two bottles of what looks like onigiri, and is for adults."""

    def __init__(self, folder: Path, policy: str = "", picks: Iterable[Pick] = (*TWO_ONIGIRI, TEA)) -> None:
        self.said: list[Publish] = []
        self.book = Book()
        self.driver = Driver(shop(policy), book=self.book, provider=LocalProvider(), publish=self.said.append)
        self.messages = list(open_recording(errand(folder / "errand.mcap", tuple(picks))))

    def play(self, answers: Iterable[tuple[float, AgeVerdict]] = (), before: Iterable[Heard] = ()) -> None:
        told = [
            Heard("shop/age/decided", encode_age(OPENS_S + s, VISIT, verdict, "sato", "licence"), OPENS_S + s)
            for s, verdict in answers
        ]
        for heard in sorted([*before, *self.messages, *told], key=lambda heard: heard.received_s):
            self.driver.hear(heard)
        self.driver.finish()
        assert self.book.prove() == []

    def kinds(self) -> list[str]:
        return [w.entry.kind for w in self.book.entries() if w.entry.kind.startswith("age-")]

    def ages(self) -> list[str]:
        """What the shopper was told, one after the other."""
        told = [str(p.payload.get("state", "")) for p in self.said if p.topic == f"visit/{VISIT}/age"]
        return [state for i, state in enumerate(told) if i == 0 or state != told[i - 1]]

    def end(self) -> LedgerEntry:
        (entry,) = [w.entry for w in self.book.entries() if w.entry.kind in ("settlement", "review")]
        return entry

    def charged(self) -> dict[str, int]:
        return {line.sku: line.quantity for line in sale_of(self.end().body).lines}

    def text(self, language: str = "en") -> str:
        receipt = receipt_of(self.book, VISIT)
        assert isinstance(receipt, Receipt)
        return " ".join(receipt_text(receipt, language).split())


def test_who_takes_it_is_asked_at_once_and_staff_are_called(tmp_path: Path) -> None:
    morning = Morning(tmp_path)
    morning.play([(11.0, "confirmed")])
    (asked,) = [
        p.payload for p in morning.said if p.topic == f"visit/{VISIT}/age" and p.payload.get("state") == "asked"
    ]
    assert (asked["age"], asked["skus"]) == (20, ["onigiri-salmon"])
    assert "20歳以上" in str(asked["in_words"])
    alerts = [p.payload["kind"] for p in morning.said if p.topic == "runtime/alert"]
    assert alerts.count("age-asked") == 1


def test_confirmed_it_is_sold_and_the_book_says_who_looked(tmp_path: Path) -> None:
    morning = Morning(tmp_path)
    morning.play([(11.0, "confirmed")])
    assert morning.kinds() == ["age-asked", "age-confirmed"]
    assert morning.charged() == {"onigiri-salmon": 2, "green-tea": 1}
    (entry,) = [w.entry for w in morning.book.entries(kind="age-confirmed")]
    assert (entry.body["by"], entry.body["how"], entry.body["skus"]) == ("sato", "licence", ["onigiri-salmon"])
    assert morning.ages() == ["asked", "confirmed", ""]


def test_an_answer_that_comes_when_she_has_gone_through_the_exit_is_waited_for(tmp_path: Path) -> None:
    morning = Morning(tmp_path)
    morning.play([(17.0, "confirmed")])
    assert morning.end().kind == "settlement"
    assert morning.charged() == {"onigiri-salmon": 2, "green-tea": 1}


def test_refused_it_is_not_sold_and_the_rest_is(tmp_path: Path) -> None:
    morning = Morning(tmp_path)
    morning.play([(11.0, "refused")])
    assert morning.kinds() == ["age-asked", "age-refused", "age-withheld"]
    assert morning.charged() == {"green-tea": 1}
    assert "Salmon onigiri × 2 Your age was not confirmed" in morning.text()
    assert "年齢の確認ができなかったため" in morning.text("ja").replace(" ", "")


@pytest.mark.parametrize(("policy", "end", "charged"), [
    ('age_unanswered = "shut"', "review", {"onigiri-salmon": 2, "green-tea": 1}),
    ('age_unanswered = "take-off"', "settlement", {"green-tea": 1}),
])  # fmt: skip
def test_nobody_answers(tmp_path: Path, policy: str, end: str, charged: dict[str, int]) -> None:
    morning = Morning(tmp_path, policy)
    morning.play()
    assert "age-unanswered" in morning.kinds()
    assert (morning.end().kind, morning.charged()) == (end, charged)
    if end == "review":
        assert "Nobody has confirmed your age yet" in morning.text()
        assert "age-withheld" not in morning.kinds()


def test_who_puts_it_back_is_asked_no_more(tmp_path: Path) -> None:
    morning = Morning(tmp_path, picks=(*TWO_ONIGIRI, BACK))
    morning.play()
    assert morning.ages() == ["asked", ""]
    assert (morning.end().kind, morning.charged()) == ("settlement", {})


def test_a_member_who_has_proven_it_is_not_asked_and_another_age_does_not_do(tmp_path: Path) -> None:
    for years, asked in ((20, 0), (18, 1)):
        folder = tmp_path / str(years)
        folder.mkdir()
        with Members(folder / "members.db") as members:
            members.add("ana", b"", "member", OPENS_S - 9)
            enrolment = members.prove_age("ana", years, "driving licence", "sato", OPENS_S - 5)
        morning = Morning(folder)
        morning.play(before=[Heard("shop/members/standing", enrolment.standing(OPENS_S - 2), OPENS_S - 2)])
        assert morning.kinds().count("age-asked") == asked


def test_whose_age_is_proven_meanwhile_is_asked_no_more(tmp_path: Path) -> None:
    with Members(tmp_path / "members.db") as members:
        members.add("ana", b"", "member", OPENS_S - 9)
        enrolment = members.prove_age("ana", 20, "driving licence", "sato", OPENS_S - 5)
    morning = Morning(tmp_path)
    morning.play(before=[Heard("shop/members/standing", enrolment.standing(OPENS_S + 11), OPENS_S + 11)])
    assert (morning.ages(), morning.kinds()) == (["asked", ""], ["age-asked"])
    assert (morning.end().kind, morning.charged()) == ("settlement", {"onigiri-salmon": 2, "green-tea": 1})


def test_who_is_old_enough_for_one_thing_is_asked_for_another(tmp_path: Path) -> None:
    morning = Morning(tmp_path)
    catalogue = ADULTS.replace(",625,2,", ",625,2,25")
    morning.driver.store = read_store({**morning.driver.store.sources, "catalogue.csv": catalogue.encode()})
    morning.play([(8.2, "confirmed")])
    assert morning.ages()[:3] == ["asked", "confirmed", "asked"]
    assert morning.kinds() == ["age-asked", "age-confirmed", "age-asked", "age-unanswered"]
    assert morning.end().kind == "review"


@pytest.mark.parametrize("reloaded_s", [5.0, 10.0])
def test_goods_that_are_for_adults_since_she_came_in_are_asked_about_too(tmp_path: Path, reloaded_s: float) -> None:
    morning = Morning(tmp_path)
    plain = read_store({**morning.driver.store.sources, "catalogue.csv": CATALOGUE.encode()})
    morning.driver.store = plain
    payload = encode_store(OPENS_S + reloaded_s, {"catalogue.csv": ADULTS.encode()}, "sato")
    morning.play([(12.0, "refused")], [Heard("shop/store/changed", payload, OPENS_S + reloaded_s)])
    assert morning.kinds() == ["age-asked", "age-refused", "age-withheld"]
    assert morning.charged() == {"green-tea": 1}


def test_an_answer_about_nobody_changes_nothing(tmp_path: Path) -> None:
    morning = Morning(tmp_path, picks=(TEA,))
    morning.play([(11.0, "confirmed")])
    assert morning.kinds() == []
    assert morning.driver.state.refused["decision about nobody's age"] == 1


def test_the_register_keeps_who_proved_it_how_and_to_whom(tmp_path: Path) -> None:
    with Members(tmp_path / "members.db") as members:
        members.add("ana", b"", "member", 1.0)
        since, _ = members.changed_since(0)
        members.prove_age("ana", 20, "driving licence", "sato", 2.0)
        _, (changed,) = members.changed_since(since)
        assert (changed.age, changed.age_how, changed.age_by) == (20, "driving licence", "sato")
        members.prove_age("ana", 0, "", "", 3.0)
        (ana,) = members.everybody()
        assert (ana.age, ana.age_how) == (0, "")
        with pytest.raises(UnusableMembers, match=r"is not said\. Write what you looked at, with --how"):
            members.prove_age("ana", 20, " ", "sato", 4.0)
        with pytest.raises(UnusableMembers, match="nobody is enrolled as 'ben'"):
            members.prove_age("ben", 20, "licence", "sato", 4.0)
