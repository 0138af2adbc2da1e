"""The register of members: what staff may do with it, what the daemon learns of it, and what can be wrong with it."""

from __future__ import annotations

import base64
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.adapters.members import FILE, STANDING_TOPIC, Enrolment, Members, UnusableMembers, read_key
from edge.records import Standing
from edge.store import read_store
from edge.wire import decode
from simulator.phones import public_key_of
from tests.corner import FILES, OPENS_S

ROOT = Path(__file__).parents[2]
ANAS, BENS, NEW = (public_key_of(bytes([n]) * 32) for n in (1, 2, 3))


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Members]:
    with Members(tmp_path / FILE) as members:
        yield members


def standings(members: Members) -> dict[str, tuple[bytes, str, bool]]:
    return {e.subject: (e.key, e.role, e.revoked_s is not None) for e in members.everybody()}


def test_members_and_staff_are_enrolled_with_or_without_a_key(register: Members) -> None:
    register.add("ana", ANAS, "member", OPENS_S)
    register.add("ben", BENS, "staff", OPENS_S + 1)
    register.add("member-17", b"", "member", OPENS_S + 2)
    register.add("member-18", b"", "member", OPENS_S + 3)
    assert standings(register) == {
        "ana": (ANAS, "member", False),
        "ben": (BENS, "staff", False),
        "member-17": (b"", "member", False),
        "member-18": (b"", "member", False),
    }


def test_a_new_key_takes_the_old_ones_place_and_frees_it_for_nobody_else(register: Members) -> None:
    register.add("ana", ANAS, "member", OPENS_S)
    register.revoke("ana", OPENS_S + 10)
    assert standings(register) == {"ana": (ANAS, "member", True)}
    register.add("ana", NEW, "staff", OPENS_S + 20)
    assert standings(register) == {"ana": (NEW, "staff", False)}


def test_a_key_is_one_persons_even_when_they_are_revoked(register: Members) -> None:
    register.add("ana", ANAS, "member", OPENS_S)
    register.revoke("ana", OPENS_S + 1)
    before = register.everybody()
    with pytest.raises(UnusableMembers, match=r"the key of 'ben' is that of 'ana' already\. Every phone makes a key"):
        register.add("ben", ANAS, "member", OPENS_S + 2)
    assert register.everybody() == before


def test_to_revoke_twice_changes_nothing_and_a_stranger_cannot_be(register: Members) -> None:
    register.add("ana", ANAS, "member", OPENS_S)
    assert register.revoke("ana", OPENS_S + 1) == register.revoke("ana", OPENS_S + 2)
    with pytest.raises(UnusableMembers, match=r"nobody is enrolled as 'zoe'\. `tebura member list` shows everybody"):
        register.revoke("zoe", OPENS_S)


@pytest.mark.parametrize("subject", ["", "   ", "a" * 201, " ana", "ana\n", "a\x00na", "a\u200bna"])
def test_a_subject_that_nobody_could_mean_is_refused(register: Members, subject: str) -> None:
    with pytest.raises(UnusableMembers, match=r"the subject .* Use a name or number that means this one person"):
        register.add(subject, ANAS, "member", OPENS_S)
    assert register.everybody() == []


@pytest.mark.parametrize("subject", ["a", "a" * 200, "アナ", "O'Brien; DROP TABLE member", "ana@example.org"])
def test_a_subject_may_be_any_name(register: Members, subject: str) -> None:
    assert register.add(subject, ANAS, "member", OPENS_S).subject == subject
    assert [e.subject for e in register.everybody()] == [subject]


def test_keys_are_read_in_both_alphabets_of_base64() -> None:
    keys = (public_key_of(bytes([n]) * 32) for n in range(256))
    key = next(key for key in keys if base64.b64encode(key) != base64.urlsafe_b64encode(key))
    plain, of_urls = base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode()
    for text in (plain, of_urls, plain.rstrip("="), f" {plain}\n"):
        assert read_key(text) == key


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "0 bytes"), ("!", "is not base64"), ("A", "is not base64"), ("ключ", "is not base64"), ("QUJD", "3 bytes"),
     (base64.b64encode(bytes(33)).decode(), "33 bytes"),
     (base64.b64encode(bytes(32)).decode(), "is no Ed25519 public key. Let the app make another pair")],
)  # fmt: skip
def test_a_key_that_is_none_is_refused(register: Members, text: str, why: str) -> None:
    with pytest.raises(UnusableMembers, match=why):
        read_key(text)


def test_a_key_of_the_wrong_length_is_not_enrolled(register: Members) -> None:
    with pytest.raises(UnusableMembers, match="has 31 bytes"):
        register.add("ana", bytes(31), "member", OPENS_S)


# --- what the daemon learns ----------------------------------------------------------------------------------------


def test_the_daemon_learns_what_changed_since_it_looked(register: Members, tmp_path: Path) -> None:
    with Members(tmp_path / FILE) as daemon:
        version, found = daemon.changed_since(0)
        assert found == []
        register.add("ana", ANAS, "member", OPENS_S)
        register.add("ben", BENS, "member", OPENS_S + 1)
        version, found = daemon.changed_since(version)
        assert [e.subject for e in found] == ["ana", "ben"]
        assert daemon.changed_since(version) == (version, [])
        register.revoke("ana", OPENS_S + 2)
        version, found = daemon.changed_since(version)
        assert [(e.subject, e.revoked_s) for e in found] == [("ana", OPENS_S + 2)]
        register.revoke("ana", OPENS_S + 3)
        assert daemon.changed_since(version) == (version, [])
        assert [e.subject for e in daemon.changed_since(0)[1]] == ["ben", "ana"]


def test_a_register_that_was_put_back_from_a_backup_is_learnt_anew(tmp_path: Path) -> None:
    with Members(tmp_path / FILE) as members:
        members.add("ana", ANAS, "member", OPENS_S)
        version, found = members.changed_since(17)
        assert (version, [e.subject for e in found]) == (1, ["ana"])


def test_an_enrolment_becomes_a_standing_of_the_wire(register: Members) -> None:
    def heard(enrolment: Enrolment) -> object:
        return decode(read_store(FILES), STANDING_TOPIC, enrolment.standing(OPENS_S + 5), OPENS_S + 5)

    at = (OPENS_S + 5, OPENS_S + 5)
    assert heard(register.add("ana", ANAS, "staff", OPENS_S)) == Standing(*at, "ana", ANAS, "staff", revoked=False)
    assert heard(register.add("ben", b"", "member", OPENS_S)) == Standing(*at, "ben", b"", "member", revoked=False)
    assert heard(register.revoke("ana", OPENS_S)) == Standing(*at, "ana", ANAS, "staff", revoked=True)


def test_two_processes_enrol_at_the_same_time_and_nobody_is_lost(tmp_path: Path) -> None:
    """Both begin with a folder without a register."""
    code = (
        "import sys; from pathlib import Path; from edge.adapters.members import Members\n"
        "for i in range(40):\n"
        "    with Members(Path(sys.argv[1])) as members:\n"
        "        members.add(f'{sys.argv[2]}-{i}', b'', 'member', float(i))\n"
    )
    clerks = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / FILE), who], cwd=ROOT) for who in ("ana", "ben")
    ]
    assert [clerk.wait(timeout=60) for clerk in clerks] == [0, 0]
    with Members(tmp_path / FILE) as members:
        version, found = members.changed_since(0)
    assert len(found) == 80
    assert [e.change for e in found] == list(range(1, 81))
    assert version == 80


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from edge.adapters.members import Members\n"
        "members = Members(Path(sys.argv[1])); members.add('ana', b'', 'member', 1.0); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / FILE)], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -9
    with Members(tmp_path / FILE) as members:
        assert [e.subject for e in members.everybody()] == ["ana"]


# --- what can be wrong ---------------------------------------------------------------------------------------------


def test_a_file_that_is_no_register_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("milk, eggs, and so on. " * 100)
    with pytest.raises(UnusableMembers, match=r"members\.db: is no register of members .*Name another folder"):
        Members(path)
    assert path.read_text() == "milk, eggs, and so on. " * 100


def test_another_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipe (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(UnusableMembers, match="is some other database"):
        Members(path)
    assert path.read_bytes() == before


def test_a_register_of_a_later_version_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / FILE
    Members(path).close()
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version = 2")
    later.close()
    with pytest.raises(UnusableMembers, match=r"is a register of version 2, not 1\. Use the version of Tebura"):
        Members(path)


def test_a_damaged_register_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with Members(path) as members:
        for i in range(500):
            members.add(f"member-{i}", b"", "member", OPENS_S)
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    with (
        pytest.raises(UnusableMembers, match=r"is damaged .*Put the last backup in its place"),
        Members(path) as broken,
    ):
        broken.everybody()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnusableMembers, match=r"cannot be opened .*Check that the folder exists"):
        Members(tmp_path / "nowhere" / FILE)


def test_a_register_that_somebody_does_not_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.adapters.register.BUSY_MS", 50)
    with Members(tmp_path / FILE) as members:
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnusableMembers, match=r"is in use by another process .*Do it again"):
            members.add("ana", ANAS, "member", OPENS_S)
        assert members.everybody() == [], "reading goes on"
        other.execute("ROLLBACK")
        other.close()
        assert members.add("ana", ANAS, "member", OPENS_S).change == 1


@contextmanager
def somebody_else() -> Iterator[None]:
    """Root may write everywhere: for a while we are nobody (65534 by convention)."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_this_user_may_only_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Members(folder / FILE).close()
        for path, mode in ((folder / FILE, 0o444), (folder, 0o555)):
            path.chmod(mode)
        try:
            with (
                somebody_else(),
                pytest.raises(UnusableMembers, match=r"cannot be written to .* the user that the runtime runs as"),
                Members(folder / FILE) as members,
            ):
                members.add("ana", ANAS, "member", OPENS_S)
        finally:
            folder.chmod(0o755)


# --- ways to pay ------------------------------------------------------------------------------------------------------


def test_the_newest_way_to_pay_comes_first_and_the_others_stay(register: Members) -> None:
    register.add("ana", ANAS, "member", OPENS_S)
    assert register.wallets("ana") == register.wallets("nobody") == ()
    for value in ("cus_1:pm_1", "cus_1:pm_2", ""):
        register.keep_wallet("ana", value, OPENS_S)
    assert register.wallets("ana") == ("", "cus_1:pm_2", "cus_1:pm_1")


def test_a_way_to_pay_is_no_change_of_standing_and_stays_with_a_new_key(register: Members) -> None:
    register.add("ana", ANAS, "member", OPENS_S)
    version, _ = register.changed_since(0)
    register.keep_wallet("ana", "cus_1:pm_1", OPENS_S)
    assert register.changed_since(version) == (version, [])
    register.add("ana", NEW, "member", OPENS_S)
    assert register.wallets("ana") == ("cus_1:pm_1",)
    assert b"cus_1" not in b"".join(e.standing(OPENS_S) for e in register.everybody())


@pytest.mark.parametrize("value", ["cus_1 pm_1", "cus_1:pm_1\n", "財布", "x" * 501])
def test_what_no_provider_gives_out_is_refused_and_not_repeated(register: Members, value: str) -> None:
    register.add("ana", ANAS, "member", OPENS_S)
    with pytest.raises(UnusableMembers, match="without spaces") as refused:
        register.keep_wallet("ana", value, OPENS_S)
    assert value.strip() not in str(refused.value)
    with pytest.raises(UnusableMembers, match="nobody is enrolled as 'bo'"):
        register.keep_wallet("bo", "cus_1:pm_1", OPENS_S)


def test_a_register_from_before_there_were_wallets_gets_them_and_is_still_read_by_who_does_not_know(
    tmp_path: Path,
) -> None:
    with Members(tmp_path / FILE) as members:
        members.add("ana", ANAS, "member", OPENS_S)
    with sqlite3.connect(tmp_path / FILE) as old:
        old.execute("DROP TABLE wallet")
    with Members(tmp_path / FILE) as members:
        members.keep_wallet("ana", "cus_1:pm_1", OPENS_S)
        assert members.wallets("ana") == ("cus_1:pm_1",)
    with sqlite3.connect(tmp_path / FILE) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,), "no older version refuses it"


def test_nobody_else_on_the_pc_reads_the_register(tmp_path: Path) -> None:
    with Members(tmp_path / FILE) as members:
        members.add("ana", ANAS, "member", OPENS_S)
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
