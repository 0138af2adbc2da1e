"""Doubles of payment providers: what a shop can be charged by in a test, on 127.0.0.1 and nowhere else.

Enters: requests of the provider's own client, over HTTP, and misdeeds on demand. Leaves: answers as the provider gives
them, events, and books of its own, which say what really happened to the money whatever the shop has heard of it.
"""

from simulator.providers.misdeeds import Misdeed
from simulator.providers.server import KEY, StripeDouble

__all__ = ["KEY", "Misdeed", "StripeDouble"]
