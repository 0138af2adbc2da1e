"""What is odd about how a PC is wired: what a shop can run with, and is most likely a slip of the hand.

Enters: a `Site` and the store that it belongs to. Leaves: a `Fault` for each oddity, for `tebura check` to tell, like
`edge.store.oddities` for the store's own files. Refuses nothing; no password is shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from edge.site import FILE, CameraSource, SerialDevice, Site
from edge.store import Fault, Store

FASTEST_HZ = 30.0
LATEST_S = 2.0
SHORTEST_DAYS = 1.0
FULLEST = 0.3
"""A disk is as full as that with nothing on it but the system."""
_COUNTED = re.compile(r"/dev/(?:tty(?:USB|ACM)|video)\d+")
BY_ID = "Name it as it is called whatever it is plugged into: `ls -l /dev/serial/by-id /dev/v4l/by-id`"


def odd_site(site: Site, store: Store) -> list[Fault]:
    """All that is odd, in the order of the file."""
    found = [*_broker(site), *_payment(site)]
    for i, serial in enumerate(site.serial, start=1):
        found += _serial(f"serial[{i}]", serial)
    for i, camera in enumerate(site.camera, start=1):
        found += _camera(f"camera[{i}]", camera, store)
    cores = os.cpu_count() or 1
    if site.camera and site.eyes.threads > cores:
        found.append(("eyes.threads", f"{site.eyes.threads} threads on a PC with {cores} cores", "Write fewer"))
    recorder = site.recorder
    if recorder.keep_days < SHORTEST_DAYS:
        what = f"what the sensors said is deleted after {24 * recorder.keep_days:.1g} hours"
        found.append(("recorder.keep_days", what, "Keep it for some days: it is the evidence when somebody asks"))
    if recorder.disk_share < FULLEST:
        what = f"recordings are deleted where the disk is {recorder.disk_share:.0%} full"
        found.append(("recorder.disk_share", what, "Most disks always are: write 0.8"))
    return [Fault(FILE, *told) for told in found]


def _broker(site: Site) -> Iterator[tuple[str, str, str]]:
    broker = site.broker
    if broker.ca_file is not None and not broker.tls:
        yield "broker.ca_file", "it is of no use: nothing is encrypted", "Add tls = true, or take it out"
    secrets = [("broker", broker.password, broker.password_file)]
    secrets += [(f"camera[{i}]", c.password, c.password_file) for i, c in enumerate(site.camera, start=1)]
    for key, password, file in secrets:
        if password and file is not None:
            yield f"{key}.password", "there is a password_file, too", "Take one of the two out"


def _payment(site: Site) -> Iterator[tuple[str, str, str]]:
    payment = site.payment
    of_http = ("auth", "abilities", "hold_days")
    useless: dict[str, tuple[str, ...]] = {
        "local": ("url", "secret_file", "webhook_listen", "webhook_secret_file", *of_http),
        "stripe": ("latency_s", *of_http),
        "http": ("latency_s", "webhook_listen", "webhook_secret_file"),
    }
    for name in useless[payment.provider]:
        if name in payment.model_fields_set:
            what = f'it is of no use with provider = "{payment.provider}"'
            yield f"payment.{name}", what, "Take it out, or correct the provider"


def _serial(key: str, serial: SerialDevice) -> Iterator[tuple[str, str, str]]:
    if _COUNTED.fullmatch(serial.device):
        yield f"{key}.device", f"{serial.device} may be another device after the next start", BY_ID
    barcode = serial.protocol == "barcode"
    for name, said in (("gate", serial.gate), ("shelf", serial.shelf), ("plates", serial.plates)):
        if said and barcode != (name == "gate"):
            whose = "a barcode reader has none" if barcode else "only barcode readers have one"
            yield f"{key}.{name}", f"it is of no use: {whose}", "Take it out, or correct the protocol"


def _camera(key: str, camera: CameraSource, store: Store) -> Iterator[tuple[str, str, str]]:
    if isinstance(camera.source, int) or _COUNTED.fullmatch(camera.source):
        told = f"USB camera {camera.source}" if isinstance(camera.source, int) else camera.source
        yield f"{key}.source", f"{told} may be another camera after the next start", BY_ID
    elif "://" not in camera.source and not camera.source.startswith("/dev/"):
        yield (
            f"{key}.source",
            "it is a video file: its camera is blind as soon as that is over",
            "Name the camera itself",
        )
    if camera.id not in store.sights and camera.id not in store.blind:
        remedy = f"Calibrate it: tebura calibrate camera {camera.id} (docs/calibration.md)"
        yield f"{key}.id", f"{camera.id} is not calibrated, and says nothing before it is", remedy
    if camera.hz > FASTEST_HZ:
        yield f"{key}.hz", f"few cameras show {camera.hz:g} pictures a second", "10 are enough"
    if camera.lag_s > LATEST_S:
        yield f"{key}.lag_s", f"its pictures are {camera.lag_s:g} s old when they come", "Write seconds, and measure it"
