"""What the shop does where the runtime is not sure, and how long it waits.

The defaults are for a shop that says nothing. Each is a promise to the shopper before it is a tuning knob:
doubt never becomes a charge.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(gt=0.0, le=3600.0)]
Method = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
Suffices = Annotated[dict[Method, Share], Field(min_length=1)]
"""Method -> least score: all of them together, of one person at one gate, open it."""

SURE_AT = 0.90
"""What a reader must score in a shop that does not say what it accepts."""


class Policy(BaseModel):
    """``[policy]`` of ``store.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    charge_at: Share = 0.70
    """A unit is charged when the runtime is at least this sure that the visit has it."""

    below: Literal["withhold", "review"] = "withhold"
    """What happens to a unit below ``charge_at``: it is not charged, or a person looks at the visit."""

    review_identity_at: Share = 0.75
    """A visit goes to review when the runtime is less sure than this that it was the one who left."""

    settle_within_s: Seconds = 1.5
    """The longest that an exit waits for shelves that are still moving."""

    pass_within_s: Seconds = 20.0
    """A scan that nobody follows through the gate within this time admits nobody."""

    lost_after_s: Annotated[float, Field(gt=0.0, le=86400.0)] = 900.0
    """A visit whose people no camera has shown for this long, though all cameras work, is over: they left unseen."""

    pay_within_s: Seconds = 10.0
    """A payment that is not answered within this time is asked about again, with the same key."""

    pay_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a payment without an answer is asked about before a person has to look."""

    evidence_hours: Annotated[float, Field(ge=0.0, le=8760.0)] = 0.0
    """So long camera nodes keep cut-outs of hands at shelves, all else blurred; 0: no picture is ever written."""

    low_stock: Annotated[int, Field(ge=0, le=10_000)] = 2
    """Staff are told when so few units of a product, or fewer, stand in its places; ``low_stock`` of the catalogue says
    it for one product."""

    accept: tuple[Suffices, ...] = ()
    """``[[policy.accept]]`` tables, each of which opens the entry: ``palm = 0.95``, or both of ``palm = 0.80`` and
    ``face = 0.80``. ``credential`` is a phone's code, always sure. Without a table a code suffices, and so does any
    method of a trusted reader at `SURE_AT`; with one, only what stands in them."""

    pair_within_s: Seconds = 10.0
    """The methods of one ``[[policy.accept]]`` table come within this time, or all of them again."""
