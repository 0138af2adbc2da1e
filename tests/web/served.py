"""`tebura web` for tests: a process of its own, stopped in good order."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType

from tests.adapters.brokers import free_port, until

_NO_QUESTIONS = ssl.create_default_context()
_NO_QUESTIONS.check_hostname = False
_NO_QUESTIONS.verify_mode = ssl.CERT_NONE


class Served:
    """The screens of a shop's folders, at `url`. ``secure``: they have a certificate, which nobody here looks at."""

    def __init__(self, store: Path, state: Path, *, secure: bool = False, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http{'s' if secure else ''}://127.0.0.1:{self.port}"
        self._log = state.parent / f"web-{self.port}.log"
        folders = ["--store", str(store), "--state", str(state)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge.cli", "web", *folders, "--port", str(self.port)],
                stdout=log, stderr=log, env={**os.environ, **environment},
            )  # fmt: skip

    def __enter__(self) -> Served:
        until(self._answers, "the screens are served", 30.0)
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            with urllib.request.urlopen(f"{self.url}/static/base.css", timeout=5, context=_NO_QUESTIONS):
                return True
        except OSError:
            return False

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
