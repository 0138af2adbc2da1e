"""Tebura: the runtime of a shop without a checkout.

A shop is a pure function of its wire: ``step(state, record) -> effects``. Data flows one way::

    wire -> shelf, floor -> attribution -> visit -> checkout -> ledger

`edge.store` and `edge.records` are the ground floor. `edge.runtime` is the one place where order is decided.
Adapters and web stand outside and decide nothing.
"""

__version__ = "0.1.0"
