"""Goods that not everybody may have: who holds them is asked for their age, and nothing of it is sold in silence.

Enters: carts that hold goods with an ``age`` of the catalogue, and what staff decide. Leaves: `LedgerEntry`s that staff
are alerted by, ``visit/<visit>/age`` for the shopper, and at the exit what is not sold. A member who has proven to be
old enough (`tebura member age`) is not asked. A party is: nobody knows which of them drinks it.

Nothing commands an exit gate, so an exit cannot be kept shut from here. What waits is the *settlement*: while staff
are asked nothing is charged. Where nobody answers, the shop's policy says whether a person looks at the whole visit,
or what is for adults is left off the bill; what staff have refused is left off in any case, and they hear that it
left.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge.keys import moment, unique
from edge.records import AgeDecided, Effect, LedgerEntry, Publish
from edge.runtime.promises import terms_of
from edge.state import State, refuse
from edge.store import Store
from edge.visit import Visit

LANGUAGES = ("en", "ja")

WORDS = {
    "asked": {
        "en": "Goods for those aged {age} and over. Staff will look at your ID: please wait before you leave.",
        "ja": "{age}歳以上の方のみ購入できる商品です。係員が年齢を確認しますので、退店せずにお待ちください。",
    },
    "confirmed": {"en": "Your age is confirmed. Thank you.", "ja": "年齢を確認しました。ありがとうございます。"},
    "refused": {
        "en": "We cannot sell you goods for those aged {age} and over. Please put them back.",
        "ja": "{age}歳以上の方のみの商品は販売できません。棚にお戻しください。",
    },
    "shut": {
        "en": "Nobody could look at your ID yet. Help is on its way; nothing is charged until then.",
        "ja": "年齢の確認ができていません。係員を呼んでいます。確認が済むまで請求しません。",
    },
    "take-off": {
        "en": "Nobody could look at your ID. Goods for those aged {age} and over are not sold to you: put them back.",
        "ja": "年齢の確認ができないため、{age}歳以上の方のみの商品は販売できません。棚にお戻しください。",
    },
}
"""What the shopper reads: by what is known, and where nobody answered by the shop's policy."""

UNPROVEN = "nobody has confirmed that they are old enough for {goods}"
OF_NOBODY = "decision about nobody's age"


def goods_for_adults(state: State, store: Store, visit: Visit, skus: Iterable[str]) -> tuple[str, ...]:
    """Those of the products for which somebody would have to look at the age of a visit's people."""
    if visit.role == "staff":
        return ()
    known = state.gate.members.get(visit.subject)
    proven = known.age if known is not None and not known.revoked and visit.party == 1 else 0
    proven = max(proven, visit.age_confirmed)
    return tuple(sorted(sku for sku in set(skus) if _age_of(state, store, visit, sku) > proven))


def look_at_goods(state: State, store: Store, visit: Visit, effects: list[Effect]) -> None:
    """A cart looks different: who holds goods for adults now is asked for their age, and who has none left is not."""
    cart = state.carts.get(visit.id)
    goods = goods_for_adults(state, store, visit, (line.sku for line in cart.lines) if cart is not None else ())
    if goods == visit.age_goods:
        return
    visit.age_goods = goods
    if goods and visit.age in ("", "confirmed"):
        visit.age, visit.age_asked_s = "asked", state.now_s
        state.busy_at_s = min(state.busy_at_s, answered_by_s(store, visit))
        effects.append(_entry(state, store, visit, "age-asked", state.now_s, {}))
    elif not goods and visit.age != "confirmed":
        visit.age = ""
    effects.append(shown_age(state, store, visit))


def age_proven(state: State, store: Store, subject: str, effects: list[Effect]) -> None:
    """The register says something else of somebody: whose age is proven by it is not asked any more."""
    for visit in state.door.visits.values():
        if visit.subject == subject:
            look_at_goods(state, store, visit, effects)
            state.busy_at_s = min(state.busy_at_s, state.now_s)


def age_decided(state: State, store: Store, record: AgeDecided, effects: list[Effect]) -> None:
    """Staff say that somebody is old enough, or is not; the last word counts, as long as they are inside."""
    visit = state.door.visits.get(record.visit)
    if visit is None or not visit.age:
        refuse(state, OF_NOBODY)
        return
    visit.age = record.verdict
    visit.age_confirmed = _years(state, store, visit) if record.verdict == "confirmed" else 0
    facts: dict[str, object] = {"by": record.by, "how": record.how}
    effects.append(_entry(state, store, visit, f"age-{record.verdict}", record.at_s, facts))
    effects.append(shown_age(state, store, visit))
    state.busy_at_s = state.now_s  # the visit may wait for this alone


def ages_overdue(state: State, store: Store, effects: list[Effect]) -> None:
    """Whom nobody has looked at in time."""
    for visit in state.door.visits.values():
        if visit.age == "asked" and state.now_s >= answered_by_s(store, visit):
            visit.age = "unanswered"
            facts: dict[str, object] = {"then": store.policy.age_unanswered}
            effects.append(_entry(state, store, visit, "age-unanswered", state.now_s, facts))
            effects.append(shown_age(state, store, visit))


def answered_by_s(store: Store, visit: Visit) -> float:
    """Until when staff are waited for."""
    return visit.age_asked_s + store.policy.age_answer_within_s


def waits_for_age(visit: Visit) -> bool:
    """Whether a visit that leaves is not settled yet, because staff are asked."""
    return visit.age == "asked" and bool(visit.age_goods)


def unsold_of(state: State, store: Store, visit: Visit, charged: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """(What of a cart is not sold to them, why a person has to look at the visit; either may be empty)."""
    goods = goods_for_adults(state, store, visit, charged)
    if not goods:
        return (), ""
    if visit.age == "refused" or store.policy.age_unanswered == "take-off":
        return goods, ""
    return (), UNPROVEN.format(goods=", ".join(goods))


def left_unsold(state: State, store: Store, visit: Visit, goods: tuple[str, ...], effects: list[Effect]) -> None:
    """Somebody has left, and what was not sold to them may have left with them."""
    visit.age_goods = goods
    effects.append(_entry(state, store, visit, "age-withheld", visit.leaving_s, {}))


def shown_age(state: State, store: Store, visit: Visit) -> Publish:
    """``visit/<visit>/age`` as it stands."""
    topic = f"visit/{visit.id}/age"
    if not visit.age_goods or not visit.age:
        return Publish(topic, {}, retain=True)
    age = _years(state, store, visit)
    words = WORDS[store.policy.age_unanswered if visit.age == "unanswered" else visit.age]
    told: dict[str, object] = {
        "t": round(state.now_s, 3), "state": visit.age, "age": age, "skus": list(visit.age_goods),
        "in_words": {language: words[language].format(age=age) for language in LANGUAGES},
    }  # fmt: skip
    if visit.age == "asked":
        told["until_s"] = round(answered_by_s(store, visit), 3)
    return Publish(topic, told, retain=True)


def forget_age(visit: Visit) -> list[Effect]:
    """A visit is over: nothing is asked any more."""
    return [Publish(f"visit/{visit.id}/age", {}, retain=True)] if visit.age else []


def _years(state: State, store: Store, visit: Visit) -> int:
    return max((_age_of(state, store, visit, sku) for sku in visit.age_goods), default=0)


def _age_of(state: State, store: Store, visit: Visit, sku: str) -> int:
    """How old somebody must be for a product, by the catalogue of now and by that with which they came in: what was
    promised are prices, not that the law looks away.
    """
    both = (store.catalogue.get(sku), terms_of(state, store, visit.id).catalogue.get(sku))
    return max((product.age for product in both if product is not None), default=0)


def _entry(state: State, store: Store, visit: Visit, kind: str, at_s: float, facts: dict[str, object]) -> LedgerEntry:
    body: dict[str, object] = {
        "subject": visit.subject, "age": _years(state, store, visit), "skus": list(visit.age_goods), **facts
    }  # fmt: skip
    return LedgerEntry(unique(state.named, moment(f"{kind}:{visit.id}", at_s)), at_s, kind, visit.id, body)
