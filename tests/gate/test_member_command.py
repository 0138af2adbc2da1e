"""``tebura member``, as staff type it: enrol, revoke, list, and the code on the screen."""

from __future__ import annotations

import base64
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.adapters.members import FILE, Members
from edge.cli.places import state_folder
from edge.gate import Credential, identify, learn, open_gate, read
from edge.gate.credential import TEXT_LENGTH
from edge.records import CredentialScan, Standing
from edge.store import load_store
from tests.corner import STORE, write_store
from tests.gate.entrance import ANA, BEN, admitted, refused
from tests.gate.pictures import of_half_blocks, text_in
from tests.typed import typed

ROOT = Path(__file__).parents[2]
KEY = base64.b64encode(ANA.public_key).decode()


class Staff:
    """Somebody at a terminal in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = write_store(folder / "store")
        self.state = folder / "state"
        self.environment = {k: v for k, v in os.environ.items() if k not in ("STATE_DIRECTORY", "XDG_STATE_HOME")}
        self.environment |= {"PYTHONPATH": str(ROOT), "HOME": str(folder / "home"), "NO_COLOR": "1"}

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "edge.cli", "member", *map(str, arguments)]

    def type(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        unset = dict.fromkeys(os.environ.keys() - self.environment.keys())
        given = {**unset, **self.environment, **environment}
        return typed("member", *arguments, environment=given, folder=self.folder)

    def does(self, *arguments: object, **environment: str) -> str:
        done = self.type(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def is_told(self, *arguments: object) -> str:
        done = self.type(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    return Staff(tmp_path)


def test_somebody_is_enrolled_with_the_key_of_their_phone_listed_and_revoked(staff: Staff) -> None:
    assert staff.does("add", "ana", "--key", KEY, "--state", staff.state) == "ana is enrolled as member.\n"
    staff.does("add", "ben", "--key", base64.urlsafe_b64encode(BEN.public_key).decode().rstrip("="), "--staff",
               "--state", staff.state)  # fmt: skip
    staff.does("add", "member-17", "--no-key", "--state", staff.state)
    assert staff.does("revoke", "ana", "--state", staff.state) == "ana may not come in any more.\n"
    lines = [line.split() for line in staff.does("list", "--state", staff.state).splitlines()]
    assert [(line[0], line[1]) for line in lines] == [("ana", "revoked"), ("ben", "staff"), ("member-17", "member")]
    assert lines[0][3] == KEY
    assert lines[2][3:] == ["no", "key:", "readers", "only"]


def test_a_register_in_which_nobody_stands_says_so(staff: Staff) -> None:
    staff.state.mkdir()
    Members(staff.state / FILE).close()
    done = staff.type("list", "--state", staff.state)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"nobody is enrolled yet. `tebura member add SUBJECT --state {staff.state}` enrols somebody" in done.stderr


def test_without_a_key_one_is_made_that_only_its_owner_can_read_and_that_opens_the_gate(staff: Staff) -> None:
    done = staff.type("add", "ana", "--state", staff.state)
    assert "the private key is in ana.key" in done.stderr
    key_file = staff.folder / "ana.key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    text = staff.does("qr", "ana", "--store", staff.store, "--text", "--party", 5).rstrip("\n")
    shop, gate = load_store(staff.store), open_gate()
    with Members(staff.state / FILE) as members:
        for each in members.everybody():
            learn(gate, Standing(0.0, 0.0, each.subject, each.key, each.role, each.revoked_s is not None))
    scan = CredentialScan(time.time(), time.time(), "in", text)
    answer = admitted(identify(gate, shop, scan))
    assert (answer.subject, answer.party) == ("ana", 5)
    assert refused(identify(gate, shop, scan)).reason == "replayed"


def test_a_code_that_the_shop_would_refuse_is_told_beside_it(staff: Staff) -> None:
    where = ("--store", staff.store, "--state", staff.state)
    staff.does("add", "ana", "--state", staff.state)

    def told(*more: object) -> str:
        done = staff.type("qr", "ana", *where, "--text", *more)
        assert (done.returncode, len(done.stdout.rstrip("\n"))) == (0, TEXT_LENGTH), done.stderr
        return done.stderr

    assert told() == ""
    staff.does("add", "ana", "--state", staff.state, "--key-file", staff.folder / "new.key")
    assert "ana is enrolled with another key. Name that one with --key-file" in told()
    assert told("--key-file", staff.folder / "new.key") == ""
    staff.does("revoke", "ana", "--state", staff.state)
    assert "ana may not come in any more" in told()
    elsewhere = ("--state", staff.folder / "elsewhere")
    assert "nobody is enrolled in" in staff.type("qr", "ana", "--store", staff.store, *elsewhere, "--text").stderr
    assert staff.type("qr", "ana", "--store", staff.store, "--text").stderr == "", "it may be in another folder"


def test_a_private_key_is_never_written_over(staff: Staff) -> None:
    staff.does("add", "ana", "--state", staff.state)
    before = (staff.folder / "ana.key").read_bytes()
    listed = staff.does("list", "--state", staff.state)
    assert "ana.key: is there already" in staff.is_told("add", "ana", "--state", staff.state)
    assert (staff.folder / "ana.key").read_bytes() == before
    assert staff.does("list", "--state", staff.state) == listed
    staff.does("add", "ana", "--key-file", "new.key", "--state", staff.state)
    assert staff.does("list", "--state", staff.state) != listed


def test_a_key_that_could_not_be_enrolled_is_not_left_behind(staff: Staff) -> None:
    staff.state.mkdir()
    (staff.state / FILE).write_text("milk, eggs, and so on; a list that is no register at all " * 20)
    assert "is no register of members" in staff.is_told("add", "ana", "--state", staff.state)
    assert not (staff.folder / "ana.key").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "ana", "--key", "milk & eggs"), "is not base64. Copy the whole text"),
        (("add", "ana", "--key", "QUJD"), "the key has 3 bytes; an Ed25519 public key has 32"),
        (("add", "", "--no-key"), "the subject is empty"),
        (("add", "a" * 201, "--no-key"), "the subject has 201 characters; 200 are allowed"),
        (("add", "ana", "--no-key", "--key", KEY), "name one"),
        (("add", "ana/../../ben"), "makes no good file name"),
        (("add", "ana", "--key-file", "no/such/folder/k"), "No such file or directory. Name a file in a folder"),
        (("revoke", "ana"), "nobody is enrolled yet. `tebura member add` begins a register"),
        (("list",), "nobody is enrolled yet"),
    ],
)
def test_what_cannot_be_done_is_told_with_the_remedy(staff: Staff, arguments: tuple[str, ...], told: str) -> None:
    assert told in staff.is_told(*arguments, "--state", staff.state)


def test_a_name_that_nobody_has_and_a_key_that_somebody_has(staff: Staff) -> None:
    staff.does("add", "ana", "--key", KEY, "--state", staff.state)
    told = staff.is_told("revoke", "anna", "--state", staff.state)
    assert f"nobody is enrolled as 'anna'. `tebura member list --state {staff.state}` shows everybody" in told
    assert "is that of 'ana' already" in staff.is_told("add", "ben", "--key", KEY, "--state", staff.state)


# --- where the members are -----------------------------------------------------------------------------------------


def test_a_shops_members_are_found_by_its_store_folder(staff: Staff) -> None:
    home = staff.folder / "home"
    staff.does("add", "ana", "--key", KEY, "--store", staff.store)
    assert (home / ".local/state/tebura/corner" / FILE).is_file()
    staff.does("add", "ana", "--key", KEY, "--store", staff.store, XDG_STATE_HOME=str(home / "xdg"))
    assert (home / "xdg/tebura/corner" / FILE).is_file()
    staff.does("add", "ana", "--key", KEY, STATE_DIRECTORY=f"{home / 'unit'}:{home / 'other'}")
    assert (home / "unit" / FILE).is_file()
    staff.does("add", "ben", "--no-key", "--state", staff.state, STATE_DIRECTORY=str(home / "unit"))
    assert staff.does("list", "--state", staff.state).split()[0] == "ben"


def test_somebody_who_names_no_shop_is_asked_which(staff: Staff) -> None:
    assert "whose members?" in staff.is_told("list")
    broken = write_store(staff.folder / "broken", store_toml=STORE.replace("JPY", "QQQ"))
    assert "there is no currency 'QQQ'" in staff.is_told("list", "--store", broken)


def test_the_state_folder_is_a_named_one_or_the_shops_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", "/home/ana")
    assert state_folder(None, "corner") == Path("/home/ana/.local/state/tebura/corner")
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg")
    assert state_folder(None, "corner") == Path("/xdg/tebura/corner")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/tebura")
    assert state_folder(None, "corner") == Path("/var/lib/tebura")
    assert state_folder(Path("here"), "corner") == Path("here")


# --- the code on the screen ----------------------------------------------------------------------------------------


def test_the_terminals_half_blocks_are_a_code_that_a_reader_reads(staff: Staff) -> None:
    staff.does("add", "ana", "--state", staff.state)
    screen = staff.does("qr", "ana", "--store", staff.store, "--once", "--party", 2)
    code = read(text_in(of_half_blocks(screen)))
    assert isinstance(code, Credential)
    assert code.party == 2
    assert abs(code.issued_s - time.time()) < 30


def test_a_terminal_shows_one_code_after_the_other_with_a_countdown_until_it_is_stopped(staff: Staff) -> None:
    """On a real terminal, white on black whatever its colours are."""
    staff.does("add", "ana", "--state", staff.state)
    leader, follower = pty.openpty()
    with subprocess.Popen(
        staff.command("qr", "ana", "--store", staff.store), cwd=staff.folder, env=staff.environment, stdout=follower,
        stderr=follower, stdin=follower,
    ) as shown:  # fmt: skip
        os.close(follower)
        heard = b""
        while heard.count(b"\x1b[H\x1b[J") < 2 or b"next code in" not in heard.rpartition(b"\x1b[H")[2]:
            heard += os.read(leader, 65536)
        shown.send_signal(signal.SIGINT)
        try:
            while more := os.read(leader, 65536):
                heard += more
        except OSError:
            pass  # the other end is closed: that is how a terminal ends
        assert shown.wait(timeout=20) == 0
    os.close(leader)
    screens = heard.decode().split("\x1b[H\x1b[J")[1:]
    first, second = (re.findall(r"\x1b\[97;40m(.*?)\x1b\[0m", screen) for screen in screens)
    codes = [read(text_in(of_half_blocks("\n".join(lines)))) for lines in (first, second)]
    assert isinstance(codes[0], Credential)
    assert isinstance(codes[1], Credential)
    assert 9 <= codes[1].issued_s - codes[0].issued_s <= 13
    assert codes[0].nonce != codes[1].nonce
    assert re.findall(r"next code in +(\d+) s", screens[0]) == [str(left) for left in range(10, 0, -1)]
    assert "Traceback" not in heard.decode()


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "No such file or directory"), (b"milk", "holds no private key"), (b"\xff\xfe", "holds no private key"),
     (base64.b64encode(b"too short"), "holds no private key")],
)  # fmt: skip
def test_a_key_file_that_is_none_is_told(staff: Staff, content: bytes | None, told: str) -> None:
    if content is not None:
        (staff.folder / "ana.key").write_bytes(content)
    message = staff.is_told("qr", "ana", "--store", staff.store, "--once")
    assert "ana.key: " in message
    assert told in message
