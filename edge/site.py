"""``site.toml``: what this PC is wired to. ``store.toml`` says what the shop is; this says how its sensors are reached.

Enters: a store folder that may hold a ``site.toml`` (all of it has defaults), and the environment, which wins:
``TEBURA_SITE_BROKER__PASSWORD=…`` sets ``password`` of ``[broker]``. Leaves: one frozen `Site`. Refuses: a file with
any fault, every one at once, with its key and remedy, like the store's own files. Nothing here decides who pays what,
and nothing of it enters a recording: it may hold secrets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError
from pydantic_settings import SettingsConfigDict

from edge.paying import FILE as FILE
from edge.paying import Payment, payment_faults
from edge.store import BrokenStore, Fault, Store, load_store
from edge.store.environment import EnvironmentFirst, Section
from edge.store.filed import read_settings

_NO_HOST = re.compile(r"[\s/@]|^[^:]+:\d+$")
"""A URL, a port behind a name, …; an IPv6 address has several colons."""

Port = Annotated[int, Field(ge=1, le=65535)]
PlateNumber = Annotated[int, Field(ge=1, le=500)]
Pixels = Annotated[int, Field(ge=16, le=16384)]
Unit = Literal["g", "kg", "lb", "oz", "raw"]

GRAMS: dict[Unit, float] = {"g": 1.0, "kg": 1000.0, "lb": 453.59237, "oz": 28.349523125, "raw": 1.0}
"""Grams of one unit (international avoirdupois pound and ounce). ``raw``: counts or volts, which only the shelf's
calibration turns into grams."""

LARGEST: dict[Unit, float] = dict.fromkeys(GRAMS, 1e6) | {"raw": 2.0**32}
"""A shelf that carries a tonne is none, and no converter has more than 32 bits: such a number is a fault."""


Parity = Literal["none", "even", "odd", "mark", "space"]


PROTOCOLS: dict[str, str] = {
    "mt-sics": "mt_sics:MtSics",
    "lines": "lines:Lines",
    "a-and-d": "a_and_d:AAndD",
    "sartorius": "sartorius:Sbi",
    "ohaus": "ohaus:Ohaus",
    "kern": "kern:Kern",
    "toledo-8217": "toledo_8217:Toledo8217",
    "barcode": "barcode:Barcodes",
}
"""Protocol of ``[[serial]]`` -> module and class in ``edge/adapters/serial/dialects``. Here a new dialect is registered
(docs/dialects.md)."""


def _protocol(said: str) -> str:
    if said in PROTOCOLS:
        return said
    *others, last = (repr(name) for name in PROTOCOLS)
    raise PydanticCustomError("literal_error", "unknown", {"expected": f"{', '.join(others)} or {last}"})


class Broker(Section):
    """``[broker]``: the shop's own, or the embedded one that needs no installation."""

    kind: Literal["embedded", "mqtt"] = "embedded"
    host: str = "127.0.0.1"
    port: Port = 1883
    tls: bool = False
    ca_file: Path | None = None
    user: str = "runtime"
    password: str = ""
    """Better set as TEBURA_SITE_BROKER__PASSWORD or kept in ``password_file``."""
    password_file: Path | None = None


class SerialDevice(Section):
    """``[[serial]]``: one serial port. Scales and microcontrollers name a shelf, barcode readers a gate."""

    device: str
    """A path that survives unplugging: /dev/serial/by-id/…"""
    protocol: Annotated[str, AfterValidator(_protocol)]
    """One of `PROTOCOLS`."""
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    bits: Literal[7, 8] = 8
    """Data bits of a character, without its parity."""
    parity: Parity = "none"
    stop_bits: Literal[1, 2] = 1
    shelf: str = ""
    plates: tuple[PlateNumber, ...] = ()
    """Of a scale: the plates that it carries (one: all its weight is there; several: each bears an equal part,
    for a scale does not say where a thing lies). Of `lines`: which plate of the shelf the device's plate 1, 2, 3 … is;
    empty: as it counts them."""
    unit: Unit = "g"
    """Of `lines` and `toledo-8217`; other scales say their own."""
    gate: str = ""

    @property
    def is_scale(self) -> bool:
        """One pan, whose weight is that of all its plates."""
        return self.protocol not in ("lines", "barcode")


class PlainPlate(Section):
    """``[[plain]]``: a plate that publishes one number on a topic of its own (ESPHome, Tasmota)."""

    topic: Annotated[str, Field(pattern=r"^[^+#]+$", max_length=1000)]
    """As the device publishes it, in full; without wildcards."""
    shelf: str
    plate: PlateNumber
    unit: Unit = "g"
    value: str = ""
    """Where in a JSON payload the number stands, like ``HX711.Weight``; empty: the payload is the number."""
    unit_at: str = ""
    """Where in a JSON payload its unit stands, for a device that can be switched over. What stands there counts, and
    not ``unit``; so does a unit behind the number (``97.7 lb``), which needs no pointer."""


def _source(said: object) -> int | str:
    """One fault where neither fits, and not one for each of the two."""
    if (isinstance(said, str) and said.strip()) or (type(said) is int and said >= 0):
        return said
    raise PydanticCustomError("camera_source", "is no source of pictures")


class CameraSource(Section):
    """``[[camera]]``: where this PC gets the pictures of one of the store's cameras."""

    id: str
    source: Annotated[int | str, PlainValidator(_source)]
    """``rtsp://user:password@host/path``, ``/dev/v4l/by-id/…``, the number of a USB camera, or a video file, which is
    played once at its own speed."""
    size: tuple[Pixels, Pixels] | None = None
    """Width and height that a USB camera is asked for; without it, what it gives by itself."""
    hz: Annotated[float, Field(ge=0.1, le=60.0)] = 10.0
    """So often somebody looks who is there."""
    lag_s: Annotated[float, Field(ge=0.0, le=5.0)] = 0.0
    """How old a picture is when it arrives: network cameras encode and buffer."""
    appearance: bool = True
    """Whether it is said what people look like, their hair and clothes in a few numbers."""
    password: str = ""
    """The camera's at the shop's broker, where its node runs on another PC. Better kept in ``password_file``."""
    password_file: Path | None = None


class Eyes(Section):
    """``[eyes]``: how this PC finds people in the pictures of its ``[[camera]]`` tables."""

    detector: Path | None = None
    """An ONNX file in the form that docs/cameras.md describes; the shipped one without it."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    with_shop: bool = True
    """Whether `tebura run` starts a node for these cameras. False: somebody else runs `tebura camera`."""


class Slow(Section):
    """``[slow]``: how single readings become a shelf's batches."""

    hz: Annotated[float, Field(ge=0.2, le=100.0)] = 10.0
    """So many rows a second; a plate stands at its last reading in between."""
    stale_s: Annotated[float, Field(ge=0.1, le=60.0)] = 3.0
    """A plate that has said nothing for so long cannot be read."""


class Recorder(Section):
    """``[recorder]``: how long what the sensors said is kept."""

    segment_minutes: Annotated[float, Field(ge=0.01, le=1440.0)] = 15.0
    segment_mib: Annotated[float, Field(ge=0.1, le=65536.0)] = 256.0
    keep_days: Annotated[float, Field(gt=0.0, le=36500.0)] = 30.0
    review_days: Annotated[float, Field(gt=0.0, le=36500.0)] = 90.0
    """What shows a visit that still waits for a person is kept so long."""
    disk_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.8
    """Old segments go when the disk is fuller than this."""


class Web(Section):
    """``[web]``: where /healthz and /metrics are served; ``listen = ""`` serves nothing."""

    listen: str = "127.0.0.1"
    port: Port = 8321


class Screens(Section):
    """``[screens]``: where `tebura web` serves staff's console, the shopper's page and the gates' boards."""

    listen: str = "127.0.0.1"
    """``0.0.0.0``: whoever is in the shop's network. Then with ``certificate``: phones make keys over https alone."""
    port: Port = 8322
    address: Annotated[str, Field(pattern=r"^(https?://[^\s/@]+)?$")] = ""
    """Under which people reach it, like ``https://shop.example.com``; empty: this host and port."""
    certificate: Path | None = None
    """PEM files: the chain, and its key; None: plain http, behind a reverse proxy or on this PC alone."""
    private_key: Path | None = None
    proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies, which are believed when they say for whom they ask."""
    join_at: tuple[str, ...] = ()
    """Entries whose board shows newcomers a code: whoever stands there becomes a member by themselves."""
    user: str = "console"
    """At the shop's own broker; the embedded one has this user."""
    password_file: Path | None = None


class Bundles(Section):
    """``[bundles]``: where this shop's files come from, if from somewhere else (docs/bundles.md)."""

    address: str = ""
    """``https://…``, or a folder; empty: the shop's files are written here."""
    root: str = "root.json"
    """Beside store.toml, copied there by hand: which keys count."""


class Headquarters(Section):
    """``[headquarters]``: who gets this shop's book, entry by entry; without ``address`` nobody does."""

    address: Annotated[str, Field(pattern=r"^((tls|nats)://[^\s/@]+)?$")] = ""
    """``tls://hq.example.com:4222``; ``nats://`` within one machine."""
    credentials_file: Path | None = None
    """The seed that `tebura hq shop add` has written for this shop."""
    ca_file: Path | None = None
    """Who vouches for the server; None: whoever this PC believes."""
    quiet_minutes: Annotated[float, Field(gt=0.0, le=100_000.0)] = 15.0
    """Staff are told when nothing has been heard for so long."""


class SiteFile(Section):
    """``site.toml``."""

    broker: Broker = Broker()
    serial: tuple[SerialDevice, ...] = ()
    plain: tuple[PlainPlate, ...] = ()
    camera: tuple[CameraSource, ...] = ()
    eyes: Eyes = Eyes()
    slow: Slow = Slow()
    recorder: Recorder = Recorder()
    web: Web = Web()
    screens: Screens = Screens()
    headquarters: Headquarters = Headquarters()
    payment: Payment = Payment()
    bundles: Bundles = Bundles()


class Site(EnvironmentFirst, SiteFile):
    """The file and the environment together."""

    model_config = SettingsConfigDict(
        env_prefix="TEBURA_SITE_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )


def load_shop(folder: Path) -> tuple[Store, Site]:
    """The store in a folder, and its site; `BrokenStore` with every fault of both."""
    faults: list[Fault] = []
    store = site = None
    try:
        store = load_store(folder)
    except BrokenStore as error:
        faults += error.faults
    try:
        site = read_settings(folder / FILE, Site)
    except BrokenStore as error:
        faults += error.faults
    if site is not None:
        faults += _own_faults(site)
        faults += (*_misfits(site, store), *payment_faults(site.payment, store)) if store is not None else ()
    if store is None or site is None or faults:
        raise BrokenStore(faults)
    return store, site


def load_site(folder: Path, store: Store) -> Site:
    """The site of a store folder; `BrokenStore` with every fault."""
    site = read_settings(folder / FILE, Site)
    faults = [*_own_faults(site), *_misfits(site, store)]
    if faults:
        raise BrokenStore(faults)
    return site


def _own_faults(site: Site) -> Iterator[Fault]:
    """What is wrong whatever the store is."""
    broker = site.broker
    if broker.kind == "embedded" and broker.tls:
        remedy = 'Take tls out, or run a broker of your own with kind = "mqtt"'
        yield Fault(FILE, "broker.tls", "the embedded broker does not speak TLS", remedy)
    hosts = (("broker.host", broker.host), ("web.listen", site.web.listen))
    for key, host in (*hosts, ("payment.webhook_listen", site.payment.webhook_listen)):
        if _NO_HOST.search(host) or (key == "broker.host" and not host):
            remedy = "Write a name or an address alone, like 127.0.0.1; the port has a key of its own"
            yield Fault(FILE, key, f"{host!r} is no host", remedy)
    ports: dict[int, str] = {broker.port: "the embedded broker"} if broker.kind == "embedded" else {}
    doors = [("web.port", site.web.listen, site.web.port, "[web]")]
    doors += [("payment.webhook_port", site.payment.webhook_listen, site.payment.webhook_port, "webhooks")]
    for key, listen, port, who in doors:
        if listen and ports.setdefault(port, who) != who:
            yield Fault(FILE, key, f"{ports[port]} is on port {port} already", "Give each a port of its own")
    named = [("broker.ca_file", broker.ca_file), ("broker.password_file", broker.password_file)]
    named += [(f"camera[{i}].password_file", camera.password_file) for i, camera in enumerate(site.camera, start=1)]
    far = site.headquarters
    named += [("headquarters.credentials_file", far.credentials_file), ("headquarters.ca_file", far.ca_file)]
    if far.address and far.credentials_file is None:
        remedy = "Name the file that `tebura hq shop add` has written for this shop"
        yield Fault(FILE, "headquarters.credentials_file", "is missing: headquarters lets nobody in without", remedy)
    for key, path in (*named, ("eyes.detector", site.eyes.detector)):
        if path is not None and _is_nowhere(path):
            yield Fault(FILE, key, f"there is no file {path}", "Put it there, or correct the path")
    for i, plain in enumerate(site.plain, start=1):
        if plain.unit_at and not plain.value:
            remedy = "Add value, which names where the number stands, or take unit_at out"
            yield Fault(FILE, f"plain[{i}].unit_at", "only a JSON payload has places", remedy)
        if plain.unit_at and plain.unit == "raw":
            remedy = "Take one of the two out"
            yield Fault(FILE, f"plain[{i}].unit_at", "raw numbers have no unit that could be pointed at", remedy)
    devices: dict[str, str] = {}
    for i, serial in enumerate(site.serial, start=1):
        if not serial.device.strip():
            yield Fault(FILE, f"serial[{i}].device", "is empty", "Write its path, like /dev/serial/by-id/…")
            continue
        first = devices.setdefault(os.path.realpath(serial.device), f"serial[{i}]")
        if first != f"serial[{i}]":
            what = f"{serial.device} is the device of {first} already"
            yield Fault(FILE, f"serial[{i}].device", what, "Give each device one [[serial]] table")
        if serial.protocol == "toledo-8217" and serial.unit not in ("kg", "lb"):
            remedy = 'Write unit = "kg" or unit = "lb", whichever the scale shows'
            yield Fault(FILE, f"serial[{i}].unit", "a scale of this kind does not say its unit", remedy)
    taken: dict[str, str] = {}
    for i, camera in enumerate(site.camera, start=1):
        if camera.size is not None and isinstance(camera.source, str) and not camera.source.startswith("/dev/"):
            what = "only a USB camera can be asked for a size"
            yield Fault(FILE, f"camera[{i}].size", what, "Set it in the camera itself, and take the key out")
        device = f"/dev/video{camera.source}" if isinstance(camera.source, int) else camera.source
        first = taken.setdefault(device if "://" in device else os.path.realpath(device), f"camera[{i}]")
        if first != f"camera[{i}]":
            what = f"it is the source of {first} already"  # it may hold a password
            yield Fault(FILE, f"camera[{i}].source", what, "Give each camera a source of its own")


def _is_nowhere(path: Path) -> bool:
    """Not so where this user may not look: the user that the shop runs as may be another."""
    try:
        return not path.is_file()
    except OSError:
        return False


def _misfits(site: Site, store: Store) -> Iterator[Fault]:
    """What does not fit to the store that the site belongs to."""
    payment = site.payment
    if store.policy.hold != "none" and payment.provider == "http" and "hold" not in payment.abilities:
        what = "the provider reserves no money, and by policy.hold of store.toml nobody comes in without"
        remedy = 'Add "hold" to abilities if it can, or write hold = "none" there'
        yield Fault(FILE, "payment.abilities", what, remedy)
    taken: dict[tuple[str, int], str] = {}
    for i, serial in enumerate(site.serial, start=1):
        where = f"serial[{i}]"
        if serial.protocol == "barcode":
            if store.layout.gate(serial.gate) is None:
                gates = ", ".join(g.id for g in store.layout.gates)
                yield Fault(FILE, f"{where}.gate", f"there is no gate {serial.gate!r}", f"Name one of {gates}")
            continue
        if serial.is_scale and not serial.plates:
            yield Fault(FILE, f"{where}.plates", "a scale must name its plates", "Add plates = [1]")
        plates = serial.plates
        if not plates and store.layout.has_shelf(serial.shelf):
            plates = tuple(range(1, store.layout.shelf(serial.shelf).plates + 1))
        yield from _places(where, serial.shelf, plates, store, taken)
        yield from _raw(where, serial.shelf, serial.unit, store)
    entries = [gate.id for gate in store.layout.gates if gate.kind == "entry"]
    for gate in site.screens.join_at:
        if gate not in entries:
            yield Fault(FILE, "screens.join_at", f"there is no entry {gate!r}", f"Name one of {', '.join(entries)}")
    known: set[str] = set()
    for i, camera in enumerate(site.camera, start=1):
        if not store.layout.has_camera(camera.id):
            cameras = ", ".join(c.id for c in store.layout.cameras) or "none: add a [[camera]] to store.toml"
            yield Fault(FILE, f"camera[{i}].id", f"there is no camera {camera.id!r}", f"Name one of {cameras}")
        elif camera.id in known:
            yield Fault(FILE, f"camera[{i}].id", f"{camera.id} has a table already", "Give each camera one [[camera]]")
        known.add(camera.id)
    for i, plain in enumerate(site.plain, start=1):
        yield from _places(f"plain[{i}]", plain.shelf, (plain.plate,), store, taken)
        yield from _raw(f"plain[{i}]", plain.shelf, plain.unit, store)


def _raw(where: str, shelf: str, unit: Unit, store: Store) -> Iterator[Fault]:
    """What a device says and what the shelf is said to say."""
    if store.layout.has_shelf(shelf) and unit == "raw" and store.layout.shelf(shelf).says != "raw":
        remedy = f'Add says = "raw" to shelf {shelf} in store.toml, and calibrate it'
        yield Fault(FILE, f"{where}.unit", "raw numbers are no grams", remedy)


def _places(
    where: str, shelf: str, plates: tuple[int, ...], store: Store, taken: dict[tuple[str, int], str]
) -> Iterator[Fault]:
    if not store.layout.has_shelf(shelf):
        shelves = ", ".join(s.id for s in store.layout.shelves[:8])
        yield Fault(FILE, f"{where}.shelf", f"there is no shelf {shelf!r}", f"Name one of {shelves} …")
        return
    count = store.layout.shelf(shelf).plates
    for plate in plates:
        if plate > count:
            yield Fault(FILE, where, f"shelf {shelf} has {count} plates, not {plate}", "Correct the plate's number")
        elif (shelf, plate) in taken:
            what = f"plate {plate} of {shelf} is wired to {taken[shelf, plate]} already"
            yield Fault(FILE, where, what, "Give each plate one source")
        else:
            taken[shelf, plate] = where
