"""The command of a camera node: camera.

Enters: the cameras of one PC, as its ``site.toml`` says where their pictures come from, or a video file. Leaves:
people, over the shop's broker; with ``--dry-run`` as JSON lines on stdout. Status lines go to stderr. With ``--try``
pictures enter, and what detectors see in them leaves.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.live import StateFolder
from edge.cli.places import state_folder
from edge.cli.terminal import refuse, refuse_extra, refuse_store, refuse_unwritable, say, writing

if TYPE_CHECKING:
    from edge.camera.voice import Outlet
    from edge.site import CameraSource, Site
    from edge.store import Store

NICE = 5
"""Beside the shop's own process, the node is the one that waits."""


def camera(
    cameras: Annotated[
        list[str] | None,
        typer.Argument(
            help="Of store.toml; all of site.toml without it. With --try: pictures, or folders of them.",
            metavar="[CAMERA…|PICTURE…]",
        ),
    ] = None,
    *,
    store: Annotated[
        Path | None, typer.Option("--store", help="The folder with store.toml and, if need be, site.toml.")
    ] = None,
    state: StateFolder = None,
    video: Annotated[Path | None, typer.Option(help="A video file of the one camera that is named.")] = None,
    at: Annotated[str, typer.Option(help="When it begins: 2026-11-22T09:15:00, or UNIX seconds. Else now.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print who is there as JSON lines; tell nobody.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show what is found, in a window.")] = False,
    pipe: Annotated[bool, typer.Option("--pipe", hidden=True)] = False,
    trial: Annotated[bool, typer.Option("--try", help="Only show what a detector sees in pictures.")] = False,
    detectors: Annotated[
        list[Path] | None,
        typer.Option("--detector", help="… an ONNX file, and again for another one; the shipped one without it."),
    ] = None,
    down: Annotated[bool, typer.Option("--down", help="… of a camera that looks straight down.")] = False,
    sheet: Annotated[Path | None, typer.Option(help="… and draw it on one page, a PNG file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="… for programs.")] = False,
    least: Annotated[
        float | None, typer.Option(min=0.001, max=1.0, help="… from this score on, also what is not believed.")
    ] = None,
) -> None:  # fmt: skip
    """Look through ceiling cameras, and tell the shop who is where, until somebody stops it."""
    if trial:
        if store is not None or video is not None or at or dry_run or show:
            refuse(
                "--try looks at pictures and at nothing else: leave --store, --video, --at, --dry-run and --show out"
            )
        _try(cameras or [], detectors or [], down, sheet, as_json, least)
        return
    if detectors or down or sheet is not None or as_json or least is not None:
        remedy = "What a shop's own cameras look through is `detector` of [eyes] in site.toml"
        refuse(f"--detector, --down, --sheet, --json and --least go with --try. {remedy}")
    if store is None:
        raise typer.BadParameter("name the folder with store.toml: --store DIR", param_hint="--store")
    from edge.site import load_shop
    from edge.store import BrokenStore

    try:
        shop, site = load_shop(store)
    except BrokenStore as error:
        refuse_store(str(store), error)
    wanted = _wanted(cameras or [], shop, site, video)
    start_s = _start(at, video, shop)
    _need_extra()
    from edge.camera.capture import NoPictures
    from edge.camera.networks.load import UnusableDetector
    from edge.camera.show import NoScreen

    if pipe:
        with suppress(OSError):  # a hardened service may not
            os.nice(NICE)
    try:
        _run(shop, site, store, state_folder(state, shop.id), wanted, video, start_s, dry_run, show, pipe)
    except (UnusableDetector, NoPictures, NoScreen) as error:
        refuse(str(error))
    _leave()


def _need_extra() -> None:
    """OpenCV and onnxruntime, or what to install."""
    try:
        import cv2
        import onnxruntime  # noqa: F401
    except ImportError as error:
        refuse_extra(error, "camera")
    cv2.setNumThreads(1)


def _try(
    named: Sequence[str], files: Sequence[Path], down: bool, sheet: Path | None, as_json: bool, least: float | None
) -> None:
    """What detectors see in pictures."""
    if not named:
        refuse("--try wants pictures: name files, or folders of them")
    if sheet is not None:
        if sheet.suffix.lower() != ".png":
            refuse(f"--sheet {sheet}: write a PNG file, like sheet.png")
        refuse_unwritable(sheet, "--sheet")
    _need_extra()
    import cv2
    from rich.console import Console

    from edge.camera import trial
    from edge.camera.detect import Detector
    from edge.camera.networks.load import UnusableDetector
    from edge.camera.sheet import drawn

    try:
        found = trial.pictures([Path(name) for name in named])
        seen = trial.tried(found, [Detector(file) for file in files] or [Detector()], down=down, least=least, told=say)
        if as_json:
            print(json.dumps(trial.as_json(seen)))
        else:
            Console().print(trial.table(seen))
        if sheet is not None:
            _, png = cv2.imencode(".png", drawn(seen))
            with writing(sheet, "--sheet"):
                sheet.write_bytes(png.tobytes())
            say(f"{sheet} shows it")
    except (UnusableDetector, trial.NoPicture) as error:
        refuse(str(error))


def _run(
    shop: Store, site: Site, folder: Path, state: Path, wanted: Sequence[CameraSource], video: Path | None,
    start_s: float, dry_run: bool, show: bool, pipe: bool,
) -> None:  # fmt: skip
    from edge.camera.detect import Detector
    from edge.camera.evidence import Evidence
    from edge.camera.film import run_film
    from edge.camera.node import Eye, Node
    from edge.camera.show import window
    from edge.camera.sights import Sights

    enough = threading.Event()
    stops: list[Callable[[], None]] = [enough.set]

    def stop(*_: object) -> None:
        for end in stops:
            end()

    sights = Sights(folder, shop, say)
    evidence = None if dry_run else Evidence(state, shop.policy.evidence_hours, shop.layout, say)
    if evidence is not None:
        evidence.tidy()
    watch = window(stop) if show else None
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, stop)
    voice = _voice(shop, site, state, wanted, dry_run, pipe, stop)
    if video is not None:
        detector = Detector(site.eyes.detector, threads=site.eyes.threads)
        (only,) = wanted
        eye = Eye(
            only.id, sights()[only.id], voice, say, evidence=evidence, watch=watch, appearance=only.appearance,
        )  # fmt: skip
        count = run_film(video, start_s, only.hz, eye, detector, voice, paced=not dry_run, enough=enough, tell=say)
        say(f"{video} is over: {count} frame{'' if count == 1 else 's'}")
        return
    # The daemon tells staff by itself; a line for each camera that comes and goes would fill its disk.
    tell = _nobody if pipe else say
    node = Node(
        wanted, sights, site.eyes.detector, voice, tell, threads=1 if show else site.eyes.threads, evidence=evidence,
        watch=watch,
    )  # fmt: skip
    stops.append(node.stop)
    if not enough.is_set():
        node.run()


def _wanted(named: Sequence[str], shop: Store, site: Site, video: Path | None) -> list[CameraSource]:
    """The cameras that somebody named, with their sources."""
    from edge.site import CameraSource

    known = {camera.id: camera for camera in site.camera}
    for name in named:
        if not shop.layout.has_camera(name):
            ids = ", ".join(c.id for c in shop.layout.cameras) or "none"
            refuse(f"there is no camera {name!r} in store.toml. It has {ids}")
    if video is not None:
        if len(named) != 1:
            refuse("--video shows one camera: name it")
        told = known.get(named[0], CameraSource(id=named[0], source=str(video)))
        return [CameraSource(id=told.id, source=str(video), hz=told.hz, appearance=told.appearance)]
    for name in named:
        if name not in known:
            remedy = f'Add [[camera]] with id = "{name}" and source = "rtsp://…", or name a file with --video'
            refuse(f"site.toml does not say where the pictures of {name} come from. {remedy}")
    if not named and not known:
        refuse('site.toml names no cameras of this PC. Add [[camera]] with id = "…" and source = "rtsp://…"')
    return [known[name] for name in dict.fromkeys(named)] or list(known.values())


def _start(at: str, video: Path | None, shop: Store) -> float:
    """When a video begins, UNIX seconds."""
    if not at:
        return time.time()
    if video is None:
        refuse("--at goes with --video: what cameras show now is shown now")
    try:
        start_s = float(at)
    except ValueError:
        pass
    else:
        if 0.0 <= start_s < 4e9:
            return start_s
        refuse(f"--at {at}: write a time like 2026-11-22T09:15:00, or UNIX seconds")
    try:
        told = datetime.fromisoformat(at)
    except ValueError:
        refuse(f"--at {at}: write a time like 2026-11-22T09:15:00, or UNIX seconds")
    return (told if told.tzinfo else told.replace(tzinfo=shop.timezone)).timestamp()


def _voice(
    shop: Store, site: Site, state: Path, wanted: Sequence[CameraSource], dry_run: bool, pipe: bool,
    stop: Callable[[], None],
) -> Outlet:  # fmt: skip
    from edge.camera.voice import Aloud, BrokerVoice, PipeVoice

    if dry_run:
        return Aloud(stop)
    if pipe:
        return PipeVoice(stop)
    return BrokerVoice(shop.id, site.broker, _passwords(site, state, wanted), say)


def _passwords(site: Site, state: Path, wanted: Sequence[CameraSource]) -> Mapping[str, str]:
    """Each camera's password at the broker: its own, or what the embedded broker has made for it."""
    from edge.adapters.broker.embedded import FOLDER
    from edge.adapters.broker.passwords import BrokenPasswords, Passwords

    own = {camera.id: camera for camera in site.camera}
    found: dict[str, str] = {}
    for name in (camera.id for camera in wanted):
        table = own.get(name)
        if table is not None and table.password_file is not None:
            try:
                found[name] = table.password_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                refuse(f"the password of {name} cannot be read: {error}. Correct password_file of its [[camera]]")
        elif table is not None and table.password:
            found[name] = table.password
        elif site.broker.kind == "embedded":
            passwords = Passwords(state / FOLDER / "passwords.toml")
            try:
                passwords.read()
                found[name] = passwords.of(name)
            except (OSError, BrokenPasswords, KeyError) as error:
                remedy = "Run `tebura run` first: it makes them. On another PC, copy it into the [[camera]] table"
                refuse(f"{state / FOLDER} has no password for {name} ({error}). {remedy}")
        else:
            found[name] = ""
    return found


def _nobody(what: str) -> None:
    """Whom everything was told already."""


def _leave() -> None:
    """End now: the thread of a camera that does not answer is inside OpenCV, and would be waited for."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
