"""Staff's desk: a socket in the state folder through which commands reach the running shop.

Who may use it is who may write in the folder (the socket has mode 0600). One JSON line in, one out:
``{"do": "status"}``, ``{"do": "mode", "mode": "restock", "by": "aki"}``, and in a rehearsal
``{"do": "rehearse", "at": 1587360800.0, "speed": 4.0}``.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

NAME = "desk.sock"

PATIENCE_S = 5.0

LONGEST = 1 << 16

Answer = dict[str, Any]
Do = Callable[[dict[str, Any]], Answer]


class NobodyThere(OSError):
    """No shop runs in this state folder; the message says what to do."""


class Desk:
    """Listens in a state folder; ``do`` is called for each command, on the desk's own thread."""

    def __init__(self, folder: Path, do: Do) -> None:
        self._path = folder / NAME
        self._do = do
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._listen, name="desk", daemon=True)

    def open(self) -> None:
        """Take the place of a socket that a killed process left behind; `OSError` where a shop still answers there."""
        if self._path.exists():
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
                other.connect(str(self._path))
                raise FileExistsError(f"{self._path.parent}: another `tebura run` is at work in this state folder")
            self._path.unlink()
        before = os.umask(0o177)
        try:
            self._socket.bind(str(self._path))
        finally:
            os.umask(before)
        self._socket.listen(8)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

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
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
            return {"error": f"not understood ({error})"}


def ask(folder: Path, wanted: dict[str, Any]) -> Answer:
    """Ask the shop that runs in a state folder. `NobodyThere` where none does, `ValueError` for what it refuses."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE_S)
            line.connect(str(folder / NAME))
            line.sendall(msgspec.json.encode(wanted) + b"\n")
            answer = msgspec.json.decode(_line_of(line), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as error:
        remedy = "Start it with `tebura run --store DIR`, or name its folder with --state"
        raise NobodyThere(f"no shop is running in {folder} ({error}). {remedy}") from error
    if "error" in answer:
        raise ValueError(str(answer["error"]))
    return answer


def _line_of(line: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) < LONGEST:
        piece = line.recv(4096)
        if not piece:
            break
        data += piece
    return data
