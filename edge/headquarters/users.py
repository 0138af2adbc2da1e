"""Who may say what on NATS: an Ed25519 key a shop, and subjects that only its owner may use.

Enters: shops and their public keys. Leaves: new seeds, each in a file of its own, and ``users.conf``, which
nats-server's configuration includes. The server holds no secret: a seed stands in the shop, or with the workers,
alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import nkeys

from edge.uplink.contract import LEDGER, STATUS, token_of

FILE: Final = "users.conf"
WORKER: Final = "worker.nk"

USER: Final = "    {{ nkey: {nkey}, permissions: {{ publish: [{publish}], subscribe: [{subscribe}] }} }}\n"


def new_seed(path: Path) -> str:
    """Write a new seed, for its owner's eyes alone; its public key. `FileExistsError`: an old one is never lost."""
    seed = bytes(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(seed)
    return public_key(path)


def public_key(path: Path) -> str:
    """Of the seed in a file."""
    return str(nkeys.from_seed(bytearray(path.read_bytes().strip())).public_key.decode())


def write_users(folder: Path, shops: Mapping[str, str]) -> Path:
    """``users.conf`` for these shops (id -> public key) and the workers, whose seed is made where there is none."""
    seed = folder / WORKER
    worker = public_key(seed) if seed.is_file() else new_seed(seed)
    users = [USER.format(nkey=worker, publish='"_INBOX.>"', subscribe=f'"{LEDGER}*", "{STATUS}*", "_INBOX.>"')]
    for store, nkey in sorted(shops.items()):
        token = token_of(store)
        said = f'"{LEDGER}{token}", "{STATUS}{token}"'
        users.append(USER.format(nkey=nkey, publish=said, subscribe=f'"_INBOX.{token}.>"'))
    fresh = folder / f"{FILE}.new"
    fresh.write_text(f"authorization {{ users: [\n{''.join(users)}] }}\n", encoding="utf-8")
    fresh.replace(folder / FILE)
    return folder / FILE
