"""What staff may do, and which sets of it have names.

Rights are separate: whoever may look does not see evidence or who somebody is, and whoever decides moves no money back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

Right = Literal["look", "evidence", "personal", "decide", "money", "shop", "people"]
"""``look``: pages without names; ``evidence``: what cameras and shelves measured of one visit; ``personal``: who
somebody is; ``decide``: reviews and ages; ``money``: refund, ask again, let go, write off; ``shop``: modes, prices,
members, stock; ``people``: staff themselves, and who did what.
"""

RIGHTS: Final[tuple[Right, ...]] = get_args(Right)

ROLES: Final[Mapping[str, frozenset[Right]]] = MappingProxyType(
    {
        "viewer": frozenset[Right]({"look"}),
        "staff": frozenset[Right]({"look", "evidence", "personal", "decide"}),
        "manager": frozenset[Right]({"look", "evidence", "personal", "decide", "money", "shop"}),
        "owner": frozenset(RIGHTS),
    }
)
"""Role -> its rights. Somebody may have several roles."""


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """All that several roles allow; a role that is not known any more allows nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))
