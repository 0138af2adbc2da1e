"""Staff's desk: a socket in the state folder through which commands reach the running shop.

Who may use it is who may write in the folder (the socket has mode 0600). Whoever opens the desk has the folder to
itself: a lock that the kernel drops with the process, however that ends. One JSON line in, one out:
``{"do": "status"}``, ``{"do": "mode", "mode": "restock", "by": "aki"}``, ``{"do": "decide", "visit": "20260512-0007",
"verdict": "waive", "by": "aki"}``, and in a rehearsal ``{"do": "rehearse", "at": 1587360800.0, "speed": 4.0}``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote
from typing import Any

import msgspec

from edge.told import told

NAME = "desk.sock"

PATIENCE_S = 5.0
"""Somebody who has not said everything by then is not listened to any longer: others wait."""

LONGEST = 1 << 20
LONGEST_ANSWER = 1 << 24
"""Bytes of a question, and of an answer: a coupon may be for ten thousand members, and a large shop has many places."""

Answer = dict[str, Any]
Do = Callable[[dict[str, Any]], Answer]


def refused(template: str, /, **values: object) -> Answer:
    """What somebody is answered who is refused, made as `told` makes it."""
    return {"error": told(template, **values)}


class NobodyThere(OSError):
    """No shop runs in this state folder; the message says what to do."""


class NoAnswer(NobodyThere):
    """The shop was asked, and nobody knows whether it did it: the answer did not come."""


class Desk:
    """Listens in a state folder; ``do`` is called for each command, on the desk's own thread."""

    def __init__(self, folder: Path, do: Do) -> None:
        self._folder = folder
        self._do = do
        self._lock = -1
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._listen, name="desk", daemon=True)

    def open(self) -> None:
        """Take the place of a socket that a killed process left behind; `OSError` where the folder cannot be used."""
        try:
            self._lock = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (self._folder / NAME).unlink(missing_ok=True)
            before = os.umask(0o177)
            try:
                with _address(self._folder) as address:
                    self._socket.bind(address)
            finally:
                os.umask(before)
        except BlockingIOError:
            remedy = "Stop that one, or name another folder with --state"
            raise FileExistsError(f"{self._folder}: another `tebura run` is at work in it. {remedy}") from None
        except OSError as error:
            what = f"{self._folder}: cannot be the state folder ({error.strerror or error})"
            remedy = (
                "Give this user a folder that it may write to, on a disk with some space, or name another with --state"
            )
            raise OSError(f"{what}. {remedy}") from error
        self._socket.listen(8)
        self._thread.start()

    def close(self) -> None:
        """Leave the folder to others. Safe where it could not be opened."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._thread.ident is not None:
            with contextlib.suppress(OSError):
                (self._folder / NAME).unlink(missing_ok=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with line:
                line.settimeout(PATIENCE_S)
                with contextlib.suppress(OSError):
                    line.sendall(msgspec.json.encode(self._answer(line)) + b"\n")

    def _answer(self, line: socket.socket) -> Answer:
        try:
            wanted = msgspec.json.decode(_line_of(line), type=dict[str, Any])
            return self._do(wanted)
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError) as error:
            return refused("not understood ({error})", error=error)


def ask(folder: Path, wanted: dict[str, Any]) -> Answer:
    """Ask the shop that runs in a state folder. `NobodyThere` where none does, `NoAnswer` where it may have done what
    was asked all the same, `ValueError` for what it refuses.
    """
    sent = False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE_S)
            with _address(folder) as address:
                line.connect(address)
            line.sendall(msgspec.json.encode(wanted) + b"\n")
            sent = True
            answer = msgspec.json.decode(_line_of(line, LONGEST_ANSWER), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as error:
        if sent:
            what = f"the shop in {folder} was asked, and has not answered ({getattr(error, 'strerror', None) or error})"
            raise NoAnswer(f"{what}. It may have done it: look there before you ask again") from error
        ordinary = isinstance(error, FileNotFoundError | ConnectionRefusedError)
        why = "" if ordinary else f" ({getattr(error, 'strerror', None) or error})"
        remedy = f"Start it with `tebura run --store DIR --state {quote(str(folder))}`, or name its folder with --state"
        raise NobodyThere(f"no shop is running in {folder}{why}. {remedy}") from error
    if "error" in answer:
        raise ValueError(str(answer["error"]))
    return answer


@contextlib.contextmanager
def _address(folder: Path) -> Iterator[str]:
    """The socket's address: a socket's path has 107 bytes at most (unix(7)), a folder's may be longer."""
    here = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{here}/{NAME}"
    finally:
        os.close(here)


def _line_of(line: socket.socket, longest: int = LONGEST) -> bytes:
    data, until_s = b"", time.monotonic() + PATIENCE_S
    while not data.endswith(b"\n") and len(data) < longest:
        line.settimeout(max(0.001, until_s - time.monotonic()))
        piece = line.recv(4096)
        if not piece:
            break
        data += piece
    return data
