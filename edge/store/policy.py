"""What the shop does where the runtime is not sure, and how long it waits.

The defaults are for a shop that says nothing. Each is a promise to the shopper before it is a tuning knob:
doubt never becomes a charge.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(gt=0.0, le=3600.0)]


class Policy(BaseModel):
    """``[policy]`` of ``store.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    charge_at: Share = 0.70
    """A unit is charged when the runtime is at least this sure that the visit has it."""

    below: Literal["withhold", "review"] = "withhold"
    """What happens to a unit below ``charge_at``: it is not charged, or a person looks at the visit."""

    review_identity_at: Share = 0.75
    """A visit goes to review when the runtime is less sure than this that it was the one who left."""

    settle_within_s: Seconds = 3.0
    """The longest that an exit waits for shelves that are still moving."""

    pass_within_s: Seconds = 20.0
    """A scan that nobody follows through the gate within this time admits nobody."""

    pay_within_s: Seconds = 10.0
    """A payment that is not answered within this time is asked about again, with the same key."""

    pay_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """How often a payment without an answer is asked about before a person has to look."""
