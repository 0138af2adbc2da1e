"""Getting a shop's newest bundle: from a web server, or from a folder, a stick for instance.

Enters: where the repository is, the root that a technician put beside the store's files, a folder for what is known of
it. Leaves: `Fetched`. Refuses (`NotFetched`): what is not signed by the keys that root names, what is older than what
was seen before, what does not belong together, what nobody has vouched for lately, and what cannot be reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tuf.api import exceptions as tuf
from tuf.ngclient import FetcherInterface, Updater

from edge.bundles.form import Bundle, unpacked
from edge.bundles.publish import NAME
from edge.told import Sentence, phrase, told

OLD = phrase(
    "nobody has vouched for the bundles at {address} lately ({why}). Ask whoever publishes them to run `tebura bundle "
    "refresh`, and look whether this PC's clock is right"
)
FORGED = phrase(
    "what lies at {address} is not what its keys have signed, or older than what was there before ({why}). Nothing was "
    "changed; tell whoever publishes it"
)
UNREACHED = phrase("{address} cannot be reached ({why}). The shop goes on as it is; try again later")
NONE = phrase("there is no bundle for {store} at {address}. Publish one: `tebura bundle publish`")


class NotFetched(ValueError):
    """No bundle that may be used; the message says why and what to do."""

    def __init__(self, message: Sentence) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Fetched:
    """``number``: of the publication that it came with."""

    number: int
    bundle: Bundle


class _Folder(FetcherInterface):
    """A repository that lies in a folder."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = Path(url)
        if not path.is_file():
            raise tuf.DownloadHTTPError(f"there is no {path}", 404)
        yield path.read_bytes()


def fetch(address: str, root: Path, known: Path, store: str) -> Fetched:
    """The newest bundle of a store. ``known``: a folder that keeps what was seen, so that nothing older counts."""
    try:
        trusted = root.read_bytes()
    except OSError as error:
        what = phrase("{root}: cannot be read ({why}). Copy metadata/1.root.json of the repository there, by hand")
        raise NotFetched(told(what, root=str(root), why=error.strerror or str(error))) from error
    known.mkdir(parents=True, exist_ok=True)
    base, at_hand = address.rstrip("/"), not urlsplit(address).scheme
    named = {"address": address, "store": store}
    try:
        updater = Updater(
            str(known), f"{base}/metadata/", str(known), f"{base}/targets/", _Folder() if at_hand else None,
            bootstrap=trusted,
        )  # fmt: skip
        updater.refresh()
        target = updater.get_targetinfo(f"{store}/{NAME}")
        if target is None:
            raise NotFetched(told(NONE, **named))
        data = Path(updater.download_target(target)).read_bytes()
    except tuf.ExpiredMetadataError as error:
        raise NotFetched(told(OLD, **named, why=str(error))) from error
    except tuf.DownloadError as error:
        raise NotFetched(told(UNREACHED, **named, why=str(error))) from error
    except (tuf.RepositoryError, ValueError) as error:
        if isinstance(error, NotFetched):
            raise
        raise NotFetched(told(FORGED, **named, why=str(error))) from error
    custom = target.unrecognized_fields.get("custom") or {}
    return Fetched(int(custom.get("number", 0)), unpacked(data, store))
