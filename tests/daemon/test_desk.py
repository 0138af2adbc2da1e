"""Staff's desk: one shop a folder, and nonsense gets an answer like everything else."""

from __future__ import annotations

import contextlib
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.cli.live import status
from edge.daemon.desk import LONGEST, NAME, Desk, NoAnswer, NobodyThere, ask
from simulator.commands import DEMO


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    def do(wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["do"] == "fail":
            return {"error": "not today"}
        return {"did": wanted["do"]}

    folder.mkdir(parents=True, exist_ok=True)
    desk = Desk(folder, do)
    desk.open()
    try:
        yield desk
    finally:
        desk.close()


def say(folder: Path, data: bytes, end: bool = True) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(10.0)
        line.connect(str(folder / NAME))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(data)
            if end:
                line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            return line.recv(4096)
        return b""


def test_the_status_tells_remedies_first_and_of_a_silent_shelf_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    health = {
        "state": "closed", "why": "cannot-see", "heard": 7, "uptime_s": 6.0,
        "late": {"camera/c1": 4.5, "shelf/g1-s1": None}, "blind": {"g1-s1": [1, 2, 3], "g1-s2": [4]},
        "troubles": {"broker": "nobody answers. Start the broker"},
    }  # fmt: skip
    desk = Desk(tmp_path, lambda _: health)
    desk.open()
    try:
        status(DEMO, tmp_path)
    finally:
        desk.close()
    assert capsys.readouterr().out.splitlines() == [
        "closed: cannot-see; 7 messages in 6 s",
        "  broker: nobody answers. Start the broker",
        "  never heard: shelf/g1-s1",
        "  camera/c1 is late: last heard 4.5 s ago",
        "  g1-s2: plate 4 cannot be read",
    ]


def test_a_question_gets_its_answer_and_a_refusal_is_an_error(tmp_path: Path) -> None:
    with opened(tmp_path):
        assert ask(tmp_path, {"do": "status"}) == {"did": "status"}
        with pytest.raises(ValueError, match="not today"):
            ask(tmp_path, {"do": "fail"})
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\n", b"", b"status\n", b"[]\n", b"7\n", b"{}\n", b"\xff\xfe\n", b'{"do":["status"]}\n', b'{"do":null}\n',
        b'{"do":"\\ud800"}\n', b'{"do":' + b"[" * 10_000 + b"]" * 10_000 + b"}\n", b"x" * (LONGEST + 5000),
    ],
    ids=range(12),
)  # fmt: skip
def test_nonsense_gets_an_answer_and_the_next_one_too(tmp_path: Path, nonsense: bytes) -> None:
    with opened(tmp_path):
        say(tmp_path, nonsense)
        assert ask(tmp_path, {"do": "status"}) == {"did": "status"}


def test_whoever_comes_and_says_nothing_keeps_nobody_waiting_for_long(tmp_path: Path) -> None:
    with opened(tmp_path), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.connect(str(tmp_path / NAME))
        mute.close()
        assert ask(tmp_path, {"do": "status"}) == {"did": "status"}


def test_a_second_shop_is_refused_and_the_first_keeps_its_desk(tmp_path: Path) -> None:
    with opened(tmp_path):
        second = Desk(tmp_path, lambda _: {})
        with pytest.raises(FileExistsError, match=r"another `tebura run` is at work in it\. Stop that one"):
            second.open()
        assert ask(tmp_path, {"do": "status"}) == {"did": "status"}
    with opened(tmp_path):
        assert ask(tmp_path, {"do": "status"}) == {"did": "status"}


def test_of_two_that_start_at_once_one_has_the_folder(tmp_path: Path) -> None:
    desks = [Desk(tmp_path, lambda _: {"did": "it"}) for _ in range(8)]
    refused: list[OSError] = []

    def start(desk: Desk) -> None:
        try:
            desk.open()
        except OSError as error:
            refused.append(error)

    threads = [threading.Thread(target=start, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert ask(tmp_path, {"do": "it"}) == {"did": "it"}
    for desk in desks:
        desk.close()


def test_what_a_killed_shop_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / NAME))
    with pytest.raises(NobodyThere) as nobody:
        ask(tmp_path, {"do": "status"})
    assert str(nobody.value).startswith(f"no shop is running in {tmp_path}. Start it with")
    with opened(tmp_path):
        assert ask(tmp_path, {"do": "status"}) == {"did": "status"}


def test_a_folder_with_a_long_path_is_as_good_as_any(tmp_path: Path) -> None:
    """A socket's path may have 107 bytes; a state folder's has as many as it likes."""
    folder = tmp_path / ("a" * 100) / ("b" * 100)
    with opened(folder):
        assert ask(folder, {"do": "status"}) == {"did": "status"}


def test_where_there_is_no_folder_nobody_is_there(tmp_path: Path) -> None:
    with pytest.raises(NobodyThere, match="--state") as nobody:
        ask(tmp_path / "nowhere", {"do": "status"})
    assert str(nobody.value).startswith(f"no shop is running in {tmp_path / 'nowhere'}. Start it with")


def test_why_a_folder_cannot_be_looked_into_is_told_without_numbers(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("milk, eggs")
    with pytest.raises(NobodyThere) as nobody:
        ask(tmp_path / "notes", {"do": "status"})
    assert str(nobody.value).startswith(f"no shop is running in {tmp_path / 'notes'} (Not a directory). Start it")


def test_a_shop_that_falls_silent_may_have_done_it(tmp_path: Path) -> None:
    """Killed between doing and answering: that nobody is there would be said of one that did nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(str(tmp_path / NAME))
        door.listen(1)

        def hang_up() -> None:
            line, _ = door.accept()
            with line:
                line.recv(4096)

        hears = threading.Thread(target=hang_up)
        hears.start()
        with pytest.raises(NoAnswer, match=r"was asked, and has not answered .* It may have done it"):
            ask(tmp_path, {"do": "decide"})
        hears.join()
