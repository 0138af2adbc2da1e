"""How Stripe says no: a status, a type, a code where there is one, and the payment that it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Refusal(Exception):
    """What an answer other than 200 holds. ``intent``: the whole payment, as Stripe puts it beside the error."""

    status: int
    message: str
    code: str = ""
    kind: str = "invalid_request_error"
    param: str = ""
    decline_code: str = ""
    charge: str = ""
    intent: dict[str, Any] | None = field(default=None)

    @property
    def body(self) -> dict[str, Any]:
        """``{"error": …}``, without what it does not say."""
        told: dict[str, Any] = {"type": self.kind, "message": self.message}
        more = {"code": self.code, "param": self.param, "decline_code": self.decline_code, "charge": self.charge}
        told |= {name: value for name, value in more.items() if value}
        if self.intent is not None:
            told["payment_intent"] = self.intent
        return {"error": told}


def no_such(what: str, name: str, param: str = "id") -> Refusal:
    """Something that is not there: 404 in the path, 400 in a parameter."""
    return Refusal(404 if param == "id" else 400, f"No such {what}: '{name}'", "resource_missing", param=param)


def invalid(message: str, param: str, code: str = "") -> Refusal:
    """A parameter that cannot be."""
    return Refusal(400, message, code, param=param)
