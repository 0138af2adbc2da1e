"""What `tebura simulate --stripe` does: a double of Stripe listens, and somebody plays with it.

Enters: commands, one a line. Leaves: an address, a block for ``site.toml``, and a double that runs until it is told to
stop. Without anybody who types (stdin closed, a service) it simply runs.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event

from simulator.devices.prompt import stop_here
from simulator.providers.cards import CARDS
from simulator.providers.misdeeds import DEEDS
from simulator.providers.refusal import Refusal
from simulator.providers.server import KEY, StripeDouble

HELP = f"""\
customer [CARD]       a customer with a card: the wallet for `tebura member wallet`
                      {", ".join(CARDS)}
DEED [TIMES] [ON]     the next requests go wrong, like `lost` or `fail 3 POST /v1/refunds`
                      {", ".join(DEEDS)}
forget                all idempotency keys, as Stripe may after a day
pass SECONDS          its clock goes on, and holds end
dispute PAYMENT       its holder takes the money back
refund REFUND failed  the bank could not give it back
money                 what the shop has in the end
quit"""


def stripe(port: int, journal: Path | None) -> None:
    """The command. `OSError` where nobody can listen there, or the journal cannot be read."""
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, stop_here)
    with suppress(KeyboardInterrupt), StripeDouble(journal, port=port) as double:
        print(f"{double.url}\n\n{block(double)}\n", flush=True)
        print(HELP, file=sys.stderr, flush=True)
        if obey(double, sys.stdin or (), lambda said: print(said, flush=True)):
            Event().wait()


def block(double: StripeDouble) -> str:
    """``[payment]``, ready to be pasted into ``site.toml``."""
    said = f'[payment]\nprovider = "stripe"\nsecret_file = "/path/to/stripe-key"   # a file that holds {KEY}'
    return f'{said}\nurl = "{double.url}"'


def obey(double: StripeDouble, commands: Iterable[str], say: Callable[[str], None]) -> bool:
    """Do what is typed; False: somebody said ``quit``, True: nobody types any more."""
    for line in commands:
        words = line.split()
        if words == ["quit"]:
            return False
        if not words:
            continue
        try:
            said = _do(double, words)
        except (ValueError, Refusal) as error:
            said = str(error)
        if said:
            print(said, file=sys.stderr) if said == HELP else say(said)
    return True


def _do(double: StripeDouble, words: list[str]) -> str:
    """One command, and what there is to say about it. `ValueError`, `Refusal`."""
    head, rest = words[0], words[1:]
    if head == "customer" and len(rest) < 2:
        if rest and rest[0] not in CARDS:
            raise ValueError(f"there is no card {rest[0]}")
        return ":".join(double.customer(*rest))
    if head in DEEDS:
        times = rest.pop(0) if rest and rest[0].isdecimal() else "1"
        double.behave(head, " ".join(rest), int(times))
        return ""
    if words == ["forget"]:
        double.forget_keys()
        return ""
    if head == "pass" and len(rest) == 1:
        double.pass_s(float(rest[0]))
        return ""
    if head == "dispute" and len(rest) == 1:
        double.bank(lambda books, at_s: books.dispute(rest[0], at_s))
        return ""
    if head == "refund" and len(rest) == 2:
        double.bank(lambda books, at_s: books.settle_refund(rest[0], rest[1], at_s))
        return ""
    return f"{double.kept_minor()}" if words == ["money"] else HELP
