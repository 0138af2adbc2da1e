"""What the book calls things, as people say it."""

from __future__ import annotations

from typing import Final

from edge.web.languages import N_

STEPS: Final = {
    "visit": N_("came in"),
    "settlement": N_("was charged"),
    "review": N_("has to be looked at"),
    "payment-asked": N_("the provider was asked"),
    "payment-approved": N_("the provider did it"),
    "payment-declined": N_("the provider declined"),
    "payment-unanswered": N_("the provider did not answer"),
    "payment-contradiction": N_("the provider contradicted itself"),
    "payment-resolved": N_("a person settled the dispute"),
    "payment-waived": N_("was written off"),
    "payment-gone": N_("nothing of it is left to do"),
    "payment-pending": N_("the provider is still at it"),
    "payment-hold-ended": N_("what was reserved is let go"),
    "payment-corrected": N_("was taken back"),
    "age-asked": N_("was asked for their age"),
    "age-confirmed": N_("staff saw that they are old enough"),
    "age-refused": N_("staff did not sell it to them"),
    "age-unanswered": N_("nobody looked at their age"),
    "age-withheld": N_("goods for adults were not sold"),
    "contested": N_("the shopper said that something is wrong"),
    "consent": N_("a member said what their history may be used for"),
    "contest-answered": N_("staff answered"),
    "stray-payment": N_("money came for a visit that was over"),
}
"""Kind of an entry -> what happened, as people say it."""

ROLE_NAMES: Final = {
    "viewer": N_("viewer"),
    "staff": N_("staff"),
    "manager": N_("manager"),
    "owner": N_("owner"),
}
"""A role -> what people call it."""

OPERATIONS: Final = {
    "hold": N_("reserve"),
    "capture": N_("take what is reserved"),
    "remainder": N_("take the rest"),
    "charge": N_("charge"),
    "release": N_("let go"),
    "refund": N_("give back"),
}

OUTCOMES: Final = {
    "asked": N_("asked"),
    "pending": N_("pending"),
    "approved": N_("done"),
    "declined": N_("declined"),
    "unknown": N_("no answer"),
    "unanswered": N_("no answer"),
}
"""State of one request -> what people read."""
