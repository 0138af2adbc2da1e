"""What the shop does where the runtime is not sure, and how long it waits.

The defaults are for a shop that says nothing. Each is a promise to the shopper before it is a tuning knob:
doubt never becomes a charge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.told import Sentence, phrase, told

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(gt=0.0, le=3600.0)]
Minor = Annotated[int, Field(ge=0, le=10**12)]
Method = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
Suffices = Annotated[dict[Method, Share], Field(min_length=1)]
"""Method -> least score: all of them together, of one person at one gate, open it."""

MOST_SURE = 0.98
"""The runtime never says that it is surer: stories know less than they claim (`edge.attribution.certainty`)."""

SEEN_BY_NOBODY = 0.5
"""How sure it is who is who when no camera saw it: a person looks before anything is charged."""

SURE_AT = 0.90
"""What a reader must score in a shop that does not say what it accepts."""


class Policy(BaseModel):
    """``[policy]`` of ``store.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    charge_at: Share = 0.80
    """A unit is charged when the runtime is at least this sure that the visit has it."""

    charge_who_at: Share = 0.85
    """… and at least this sure that it was this visit, and not another, that took it."""

    below: Literal["withhold", "review"] = "withhold"
    """What happens to a unit below ``charge_at``: it is not charged, or a person looks at the visit."""

    review_identity_at: Share = 0.75
    """A visit goes to review when the runtime is less sure than this that it was the one who left."""

    settle_within_s: Seconds = 1.5
    """The longest that an exit waits for shelves that are still moving."""

    pass_within_s: Seconds = 20.0
    """A scan that nobody follows through the gate within this time admits nobody."""

    price_at: Literal["taken", "left"] = "taken"
    """A unit costs what it cost when it was taken, or what it costs as the visit leaves where that is less. Never more
    than as they came in."""

    age_answer_within_s: Seconds = 60.0
    """So long staff are waited for where somebody holds goods for adults, and their age is not known."""

    age_unanswered: Literal["shut", "take-off"] = "shut"
    """Nobody has answered: help is called and a person looks before anything is charged; or what is for adults is taken
    off the bill, and its return is asked for."""

    product_reviews: Literal["asked", "at-once"] = "asked"
    """What members say of products that they have bought is read by others when somebody of the staff has let it
    through, or at once."""

    lost_after_s: Annotated[float, Field(gt=0.0, le=86400.0)] = 900.0
    """A visit whose people no camera has shown for this long, though all cameras work, is over: they left unseen."""

    pay_within_s: Seconds = 10.0
    """A payment that is not answered within this time is looked up."""

    pay_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a payment without an answer is asked about before staff are told; then it is looked up for a week."""

    hold: Literal["none", "fixed", "usual"] = "none"
    """What is reserved when a member comes in: nothing, ``hold_minor``, or what the dearest of their last five visits
    cost (``hold_minor`` for somebody who was never here). Who cannot have it reserved stays outside."""

    hold_minor: Minor = 0
    """In the currency's minor unit."""

    offline_limit_minor: Minor = 0
    """While nobody answers at the entry, a member without debts comes in if what they took and was not collected yet is
    less than this; 0: nobody does."""

    refuse_debtors: bool = False
    """Whether somebody whose payment was declined stays outside until it is paid."""

    debt_limit_minor: Minor = 0
    """… if they owe more than this."""

    retry_at_entry: bool = False
    """Whether a declined payment is tried again when its debtor scans."""

    retry_after_days: Annotated[float, Field(ge=0.0, le=365.0)] = 0.0
    """After so many days a declined payment is tried again by itself, three times at most; 0: never."""

    evidence_hours: Annotated[float, Field(ge=0.0, le=8760.0)] = 0.0
    """So long camera nodes keep cut-outs of hands at shelves, all else blurred; 0: no picture is ever written."""

    appearance: bool = True
    """Whether what people look like (`PersonSeen.embedding`) may tell who is who. False: it is dropped at the border,
    and neither state nor checkpoint nor recording ever holds it."""

    record_appearance: bool = True
    """Whether recordings keep it. False: a restart after a kill, and every replay, judge without it, and may come to
    another answer than the live shop did (`edge.daemon.recovery`)."""

    low_stock: Annotated[int, Field(ge=0, le=10_000)] = 2
    """Staff are told when so few units of a product, or fewer, stand in its places; ``low_stock`` of the catalogue says
    it for one product."""

    accept: tuple[Suffices, ...] = ()
    """``[[policy.accept]]`` tables, each of which opens the entry: ``palm = 0.95``, or both of ``palm = 0.80`` and
    ``face = 0.80``. ``credential`` is a phone's code, always sure. Without a table a code suffices, and so does any
    method of a trusted reader at `SURE_AT`; with one, only what stands in them."""

    pair_within_s: Seconds = 10.0
    """The methods of one ``[[policy.accept]]`` table come within this time, or all of them again."""

    @property
    def keeps_appearance(self) -> bool:
        """Whether a shop at work records what people look like: what it does not use it does not keep either."""
        return self.appearance and self.record_appearance

    @property
    def uses_unrecorded(self) -> bool:
        """Whether it judges by what it does not record: what is stepped again may be judged otherwise."""
        return self.appearance and not self.record_appearance


SENSIBLE: Mapping[str, tuple[float, float, str]] = {
    "charge_at": (
        0.5, MOST_SURE,
        phrase("below 0.5 it charges what was more likely not taken, above {most:g} nothing is ever charged: "
               "the runtime is never surer than that"),
    ),
    "charge_who_at": (
        0.5, MOST_SURE,
        phrase("below 0.5 it charges who was likelier not the one, above {most:g} nothing is ever charged: "
               "the runtime is never surer than that"),
    ),
    "review_identity_at": (
        0.55, 0.99,
        phrase("who was seen by nobody is {unseen:g} sure and must be below it, and nobody is surer than 0.99"),
    ),
    "settle_within_s": (
        1.0, 60.0, phrase("a shelf takes a second to come to rest, and nobody waits a minute for a receipt"),
    ),
    "pass_within_s": (
        3.0, 300.0, phrase("people take seconds to walk in, and after minutes it is somebody else who does"),
    ),
    "lost_after_s": (10.0, 86400.0, phrase("people are out of sight for seconds all the time")),
    "pay_within_s": (1.0, 600.0, phrase("a provider takes about a second to answer")),
    "age_answer_within_s": (5.0, 600.0, phrase("nobody is at the exit in less, and nobody waits there for longer")),
    "pair_within_s": (1.0, 600.0, phrase("two readers need a second to say who stands there")),
}  # fmt: skip
"""Key -> least, most, and what lies beyond. Numbers outside are no mistake of form: the shop would run, and never do
what the key says. A recording that was made with one is replayed as it was."""


def senseless(policy: Policy) -> Iterator[tuple[str, Sentence, Sentence]]:
    """(key, what is wrong, remedy) of every number with which the policy does not do what it says."""
    for key, (least, most, why) in SENSIBLE.items():
        said = getattr(policy, key)
        if not least <= said <= most:
            told_why = told(why, most=MOST_SURE, unseen=SEEN_BY_NOBODY)
            what = told("{said:g} makes no sense: {why}", said=said, why=told_why)
            yield f"policy.{key}", what, told("Write a number from {least:g} to {most:g}", least=least, most=most)
    if policy.hold != "none" and not policy.hold_minor:
        what = told('hold = "{hold}" reserves nothing of somebody who was never here', hold=policy.hold)
        remedy = told('Write how much, in the smallest unit of the currency, or hold = "none"')
        yield "policy.hold_minor", what, remedy
    if policy.hold == "none" and policy.offline_limit_minor:
        what = told("nothing is reserved at the entry, so that nobody is let in by it")
        yield "policy.offline_limit_minor", what, told('Write hold = "fixed" or "usual" as well, or leave it out')
    if policy.debt_limit_minor and not policy.refuse_debtors:
        what = told("nobody is kept outside by it")
        yield "policy.debt_limit_minor", what, told("Write refuse_debtors = true as well")
