"""What the fork server imports before it forks the first process of a theatre: all modules, compiled, and the state's
types looked through. A restart takes a fifth of a second then, and not two.

Whoever imports this module has all objects of its process exempted from garbage collection.
"""

from __future__ import annotations

import gc
from contextlib import suppress

import scipy.optimize  # noqa: F401

import edge.adapters.payment.stripe
import edge.daemon.run  # noqa: F401
import simulator.providers.server  # noqa: F401
import tests.live.bank
import tests.live.stage  # noqa: F401
from edge.driver import Driver, UnreadableState
from edge.store import read_store
from tests.corner import FILES

driver = Driver(read_store(FILES))
with suppress(UnreadableState):
    driver.thaw(driver.freeze())
gc.collect()
gc.freeze()
