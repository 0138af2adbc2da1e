"""Signing bundles into a repository: a folder that any web server can serve.

Enters: keys, store folders. Leaves: TUF metadata and, per shop, its bundle under the hash of what is in it. Refuses
(`NotPublished`): keys or a repository that cannot be used.

Three keys. *root* says which keys count; it is needed when a key is lost or stolen, and lies in a safe. *targets* signs
what bundles there are; it lies with whoever publishes, not on a server. *online* signs what is the newest, day by day,
and lies on a server: whoever steals it can keep shops from news for as long as its own signatures last, and can give
no shop another price.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.exceptions import StorageError
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from edge.bundles.form import LONGEST

ROOT, TARGETS, ONLINE = "root.pem", "targets.pem", "online.pem"
OFFLINE: Final = "offline"
ROOT_DAYS, TARGETS_DAYS, ONLINE_DAYS = 730, 365, 7
"""For so long signatures count. A shop that hears nothing new for longer says that what it has is old."""
NAME: Final = "bundle.json"


class NotPublished(ValueError):
    """Keys or a repository that cannot be used; the message says why and what to do."""


def found(keys: Path, repository: Path, now: datetime) -> None:
    """New keys, and a repository without a bundle. Nothing that is there is overwritten."""
    for place in (keys, repository):
        if place.exists() and any(place.iterdir()):
            raise NotPublished(
                f"{place}: is there already. Name a new folder: keys and repositories are not overwritten"
            )
    inner, outer = keys.resolve(), repository.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise NotPublished(
            f"{keys} and {repository} lie in one another: whoever gets bundles would get the keys. Name two folders "
            "that stand apart"
        )
    signers = {name: CryptoSigner.generate_ed25519() for name in (ROOT, TARGETS, ONLINE)}
    (keys / OFFLINE).mkdir(parents=True)
    for name, signer in signers.items():
        _write_secret(keys / name if name == ONLINE else keys / OFFLINE / name, signer.private_bytes)
    root = Root(version=1, expires=_in(now, ROOT_DAYS), consistent_snapshot=True)
    for role, name in (("root", ROOT), ("targets", TARGETS), ("snapshot", ONLINE), ("timestamp", ONLINE)):
        root.add_key(signers[name].public_key, role)
    (repository / "metadata").mkdir(parents=True)
    (repository / "targets").mkdir()
    _signed(root, signers[ROOT]).to_file(str(repository / "metadata" / "1.root.json"))
    targets = Targets(version=1, expires=_in(now, TARGETS_DAYS))
    _signed(targets, signers[TARGETS]).to_file(str(repository / "metadata" / "1.targets.json"))
    _stamp(repository, signers[ONLINE], 1, now)


def publish(keys: Path, repository: Path, bundles: Mapping[str, bytes], now: datetime) -> int:
    """Sign these bundles, store id -> bytes, beside those of other shops; returns the number that all of this has."""
    targets_signer = _signer(keys / OFFLINE / TARGETS, repository, "targets")
    online = _signer(keys / ONLINE, repository, "timestamp")
    signed: Targets = _newest(repository, "targets").signed
    signed.version += 1
    signed.expires = _in(now, TARGETS_DAYS)
    for store, data in bundles.items():
        if len(data) > LONGEST:
            raise NotPublished(
                f"{store}: has {len(data)} bytes of files, more than {LONGEST}. Is a file there by mistake?"
            )
        path = f"{store}/{NAME}"
        target = TargetFile.from_data(path, data, ["sha256"])
        target.unrecognized_fields["custom"] = {"number": signed.version}
        signed.targets[path] = target
        place = repository / "targets" / store / f"{target.hashes['sha256']}.{NAME}"
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(place, data)
    _to_file(_signed(signed, targets_signer), repository / "metadata" / f"{signed.version}.targets.json")
    _stamp(repository, online, signed.version, now)
    return signed.version


def refresh(keys: Path, repository: Path, now: datetime) -> datetime:
    """Say anew that what is there is the newest; returns until when that counts. Needs the online key alone, and a
    publication that is not too old itself.
    """
    targets: Targets = _newest(repository, "targets").signed
    _stamp(repository, _signer(keys / ONLINE, repository, "timestamp"), targets.version, now)
    return min(_in(now, ONLINE_DAYS), targets.expires)


def _stamp(repository: Path, online: CryptoSigner, targets: int, now: datetime) -> None:
    """Snapshot and timestamp: what belongs together, and that it is the newest."""
    number = _highest(repository, "snapshot") + 1
    snapshot = Snapshot(version=number, expires=_in(now, ONLINE_DAYS), meta={"targets.json": MetaFile(version=targets)})
    _to_file(_signed(snapshot, online), repository / "metadata" / f"{number}.snapshot.json")
    timestamp = Timestamp(version=number, expires=_in(now, ONLINE_DAYS), snapshot_meta=MetaFile(version=number))
    _to_file(_signed(timestamp, online), repository / "metadata" / "timestamp.json")


def _newest(repository: Path, role: str) -> Metadata[Any]:
    number = _highest(repository, role)
    try:
        return Metadata.from_file(str(repository / "metadata" / f"{number}.{role}.json"))
    except (RepositoryError, StorageError) as error:
        remedy = "Name the repository that `tebura bundle keys` made"
        raise NotPublished(f"{repository}: is no repository of bundles ({error}). {remedy}") from error


def _highest(repository: Path, role: str) -> int:
    numbers = (path.name.split(".")[0] for path in (repository / "metadata").glob(f"*.{role}.json"))
    return max((int(number) for number in numbers if number.isdigit()), default=0)


def _signer(path: Path, repository: Path, role: str) -> CryptoSigner:
    """A key that the repository's root names for a role: what another one signs, no shop would ever take."""
    signer = _read_signer(path)
    root: Root = _newest(repository, "root").signed
    if signer.public_key.keyid not in root.roles[role].keyids:
        raise NotPublished(f"{path}: is no key of {repository}. Name the folder with the keys that were made with it")
    return signer


def _read_signer(path: Path) -> CryptoSigner:
    try:
        return CryptoSigner(load_pem_private_key(path.read_bytes(), None))
    except OSError as error:
        raise NotPublished(f"{path}: cannot be read ({error.strerror}). Name the folder with the keys") from error
    except (ValueError, TypeError) as error:
        raise NotPublished(f"{path}: is no key ({error}). Name the folder with the keys") from error


def _signed(role: Any, signer: CryptoSigner) -> Metadata[Any]:
    metadata = Metadata(role)
    metadata.sign(signer)
    return metadata


def _in(now: datetime, days: int) -> datetime:
    return (now.astimezone(UTC) + timedelta(days=days)).replace(microsecond=0)


def _to_file(metadata: Metadata[Any], path: Path) -> None:
    _write(path, metadata.to_bytes())


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: shops fetch while somebody publishes."""
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(data)
    os.replace(half, path)


def _write_secret(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
