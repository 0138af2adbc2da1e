"""Who works with the screens: passwords, sessions, waiting after failures, the audit; and `tebura staff`."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from edge.cli import staff as typed
from edge.told import told
from edge.web.failures import FIRST_WAIT_S, LONGEST_WAIT_S, TRIES_OF_A_NAME, TRIES_OF_AN_ADDRESS
from edge.web.passwords import WeakPassword
from edge.web.rights import RIGHTS, ROLES, rights_of
from edge.web.staff import (
    FILE,
    FRESH_S,
    IDLE_S,
    LONGEST_S,
    MustWait,
    NotLoggedIn,
    Staff,
    UnusableStaff,
)
from tests.corner import OPENS_S

AKIS, BENS = "four words in a row", "and another four of them"
HERE, THERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def staff(tmp_path: Path) -> Iterator[Staff]:
    with Staff(tmp_path / FILE) as found:
        found.add("aki", AKIS, ["owner"], OPENS_S)
        found.add("ben", BENS, ["viewer"], OPENS_S)
        yield found


def fail(staff: Staff, name: str, address: str, at_s: float) -> None:
    with pytest.raises(NotLoggedIn, match="do not belong together"):
        staff.log_in(name, "not this one, surely", address, at_s)


# --- people ----------------------------------------------------------------------------------------------------------


def test_each_role_allows_what_its_name_says() -> None:
    assert rights_of(["viewer"]) == {"look"}
    assert rights_of(["staff"]) == {"look", "evidence", "personal", "decide"}
    assert rights_of(["manager"]) == rights_of(["staff"]) | {"money", "shop"}
    assert rights_of(["owner"]) == set(RIGHTS)
    assert rights_of(["a role that was"]) == set()
    assert rights_of(["viewer", "manager"]) == ROLES["manager"]


def test_people_are_there_with_their_roles(staff: Staff) -> None:
    assert [(p.name, p.roles, p.revoked_s) for p in staff.everybody()] == [
        ("aki", ("owner",), None),
        ("ben", ("viewer",), None),
    ]
    staff.set_roles("ben", ["staff", "viewer"])
    assert staff.everybody()[1].roles == ("viewer", "staff")


@pytest.mark.parametrize(
    ("name", "roles", "why"),
    [
        ("", ["staff"], r"a name has 1 to 60 characters\. Use what colleagues call this person"),
        ("x" * 61, ["staff"], "a name has 1 to 60 characters"),
        ("zoe ", ["staff"], "spaces around it"),
        ("z\noe", ["staff"], "signs that nobody sees"),
        ("zoe", [], r"no role is named\. Use viewer, staff, manager, owner"),
        ("zoe", ["boss"], r"there is no role 'boss'\. Use viewer, staff, manager, owner"),
        ("aki", ["staff"], r"aki is there already\. `tebura staff password aki` and"),
    ],
)
def test_a_person_that_cannot_be_is_refused(staff: Staff, name: str, roles: list[str], why: str) -> None:
    with pytest.raises(UnusableStaff, match=why):
        staff.add(name, "four good words here", roles, OPENS_S)
    assert len(staff.everybody()) == 2


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("eleven sign", "12 to 128 characters, not 11"),
        ("x" * 129, "12 to 128 characters, not 129"),
        ("abcabcabcabcabc", "among the first that are guessed"),
        ("QWERTYUIOP123", "among the first that are guessed"),
        ("zoe is my name", "a name is no part of its own password"),
    ],
)
def test_a_password_that_is_guessed_easily_is_refused(staff: Staff, password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why):
        staff.add("zoe", password, ["staff"], OPENS_S)
    with pytest.raises(WeakPassword):
        staff.set_password("aki", "aki" * 5)


def test_a_password_is_right_however_its_signs_are_composed(staff: Staff) -> None:
    staff.add("zoe", "une pensée élevée", ["staff"], OPENS_S)
    assert staff.log_in("zoe", "une pense\u0301e e\u0301leve\u0301e", HERE, OPENS_S)


def test_somebody_who_is_not_there_is_told_so(staff: Staff) -> None:
    wanted: list[Callable[[], object]] = [
        lambda: staff.set_password("zoe", BENS),
        lambda: staff.set_roles("zoe", ["staff"]),
        lambda: staff.revoke("zoe", OPENS_S),
        lambda: staff.unlock("zoe"),
    ]
    for do in wanted:
        with pytest.raises(UnusableStaff, match=r"nobody of the staff is called 'zoe'\. `tebura staff list`"):
            do()


def test_the_last_owner_stays(staff: Staff) -> None:
    wanted: list[Callable[[], object]] = [
        lambda: staff.revoke("aki", OPENS_S),
        lambda: staff.set_roles("aki", ["manager"]),
    ]
    for do in wanted:
        with pytest.raises(UnusableStaff, match="Make somebody else owner first"):
            do()
    staff.set_roles("ben", ["owner"])
    staff.revoke("aki", OPENS_S)
    assert [p.revoked_s for p in staff.everybody()] == [OPENS_S, None]


def test_neither_password_nor_token_is_in_the_file(staff: Staff, tmp_path: Path) -> None:
    token = staff.log_in("aki", AKIS, HERE, OPENS_S)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert AKIS.encode() not in kept
    assert token.encode() not in kept
    assert kept.count(b"$argon2id$v=19$m=19456,t=2,p=1$") >= 2


# --- sessions --------------------------------------------------------------------------------------------------------


def test_whoever_logs_in_is_known_by_the_token(staff: Staff) -> None:
    session = staff.session(staff.log_in("aki", AKIS, HERE, OPENS_S), OPENS_S + 1)
    assert session is not None
    assert (session.person.name, session.person.rights, session.address) == ("aki", frozenset(RIGHTS), HERE)
    assert staff.session("", OPENS_S) is None
    assert staff.session("something else", OPENS_S) is None
    assert staff.session("\ud800", OPENS_S) is None


def test_a_login_ends_the_session_that_the_browser_had(staff: Staff) -> None:
    """A token that somebody else put there is worth nothing afterwards."""
    first = staff.log_in("ben", BENS, HERE, OPENS_S)
    second = staff.log_in("aki", AKIS, HERE, OPENS_S + 1, before=first)
    assert second != first
    assert staff.session(first, OPENS_S + 2) is None
    assert staff.session(second, OPENS_S + 2)


def test_a_session_ends_without_use_and_after_a_day_of_work(staff: Staff) -> None:
    token = staff.log_in("aki", AKIS, HERE, OPENS_S)
    assert staff.session(token, OPENS_S + IDLE_S - 1)
    assert staff.session(token, OPENS_S + 2 * IDLE_S - 2)
    assert staff.session(token, OPENS_S + 3 * IDLE_S - 2) is None
    token, at_s = staff.log_in("aki", AKIS, HERE, OPENS_S), OPENS_S
    while at_s < OPENS_S + LONGEST_S - 600.0:
        assert staff.session(token, at_s)
        at_s += 600.0
    assert staff.session(token, OPENS_S + LONGEST_S) is None


def test_a_page_that_looks_by_itself_keeps_nobody_logged_in(staff: Staff) -> None:
    token = staff.log_in("aki", AKIS, HERE, OPENS_S)
    for after_s in range(0, int(IDLE_S), 60):
        assert staff.session(token, OPENS_S + after_s, used=False)
    assert staff.session(token, OPENS_S + IDLE_S, used=False) is None


def test_a_session_is_fresh_for_a_while_after_the_password(staff: Staff) -> None:
    token = staff.log_in("aki", AKIS, HERE, OPENS_S)
    session = staff.session(token, OPENS_S)
    assert session is not None
    assert session.fresh(OPENS_S)
    assert not session.fresh(OPENS_S + FRESH_S)
    assert not session.fresh(OPENS_S - 1)
    again = staff.prove(token, AKIS, HERE, OPENS_S + 600)
    renewed = staff.session(again, OPENS_S + 601)
    assert staff.session(token, OPENS_S + 601) is None
    assert renewed is not None
    assert renewed.fresh(OPENS_S + 601)
    assert (renewed.mark, renewed.begun_s) == (session.mark, session.begun_s), "it gets no longer by that"
    with pytest.raises(NotLoggedIn):
        staff.prove(again, BENS, HERE, OPENS_S + 602)
    with pytest.raises(NotLoggedIn):
        staff.prove(token, AKIS, HERE, OPENS_S + 602)


def test_log_out_and_every_change_of_a_person_end_their_sessions(staff: Staff) -> None:
    changes: list[Callable[[str], object]] = [
        lambda token: staff.log_out(token, OPENS_S),
        lambda _: staff.set_password("ben", BENS),
        lambda _: staff.set_roles("ben", ["staff"]),
        lambda _: staff.revoke("ben", OPENS_S),
    ]
    akis = staff.log_in("aki", AKIS, HERE, OPENS_S)
    for change in changes:
        bens = staff.log_in("ben", BENS, HERE, OPENS_S)
        assert staff.session(bens, OPENS_S)
        change(bens)
        assert staff.session(bens, OPENS_S) is None
    assert staff.session(akis, OPENS_S)
    fail(staff, "ben", HERE, OPENS_S)


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_name_waits_twice_as_long_after_each_failure_from_the_fifth_on(staff: Staff) -> None:
    for n in range(TRIES_OF_A_NAME):
        fail(staff, "aki", f"192.0.2.{n}", OPENS_S)
    at_s, wait_s = OPENS_S, FIRST_WAIT_S
    for _ in range(8):
        with pytest.raises(MustWait, match=f"Wait {wait_s:.0f} s"):
            staff.log_in("aki", AKIS, THERE, at_s)
        assert staff.waits_s("aki", at_s) == wait_s
        at_s += wait_s
        fail(staff, "aki", THERE, at_s)
        wait_s = min(LONGEST_WAIT_S, 2 * wait_s)
    assert staff.log_in("ben", BENS, HERE, at_s), "others are not kept waiting"
    assert staff.log_in("aki", AKIS, HERE, at_s + wait_s)
    assert staff.waits_s("aki", at_s + wait_s) == 0.0


def test_an_address_waits_that_tries_many_names(staff: Staff) -> None:
    for n in range(TRIES_OF_AN_ADDRESS):
        fail(staff, f"somebody {n}", "2001:db8::1", OPENS_S)
    with pytest.raises(MustWait):
        staff.log_in("aki", AKIS, "2001:db8::2", OPENS_S)
    assert staff.log_in("aki", AKIS, HERE, OPENS_S)


def test_an_account_of_ones_own_does_not_wash_an_address_clean(staff: Staff) -> None:
    with pytest.raises(MustWait):  # noqa: PT012 one of the logins, and never more than so many failures before it
        for n in range(TRIES_OF_AN_ADDRESS + 1):
            fail(staff, f"somebody {n}", HERE, OPENS_S)
            staff.log_in("ben", BENS, HERE, OPENS_S)


def test_whoever_tries_many_at_once_is_counted_as_often(tmp_path: Path, staff: Staff) -> None:
    refused: list[type[Exception]] = []

    def attempt() -> None:
        with Staff(tmp_path / FILE) as mine:
            try:
                mine.log_in("aki", "not this one, surely", HERE, OPENS_S)
            except NotLoggedIn as error:
                refused.append(type(error))

    crowd = [threading.Thread(target=attempt) for _ in range(12)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert refused.count(NotLoggedIn) == TRIES_OF_A_NAME
    assert refused.count(MustWait) == 12 - TRIES_OF_A_NAME


def test_unlock_ends_the_waiting(staff: Staff) -> None:
    for n in range(TRIES_OF_AN_ADDRESS):
        fail(staff, f"somebody {n}", HERE, OPENS_S)
    for _ in range(TRIES_OF_A_NAME):
        fail(staff, "aki", THERE, OPENS_S)
    staff.unlock("aki")
    assert staff.log_in("aki", AKIS, HERE, OPENS_S)


# --- the audit -------------------------------------------------------------------------------------------------------


def test_the_audit_tells_who_did_what_and_no_password(staff: Staff) -> None:
    fail(staff, "aki", HERE, OPENS_S)
    fail(staff, "a password in the wrong field", HERE, OPENS_S + 1)
    token = staff.log_in("aki", AKIS, HERE, OPENS_S + 2)
    staff.note(OPENS_S + 3, "aki", HERE, told("looked at evidence"), "20260512-0007", "weights")
    staff.log_out(token, OPENS_S + 4)
    lines = [(n.at_s - OPENS_S, n.name, n.address, n.what, n.visit, n.detail) for n in staff.audit()]
    assert lines == [
        (4.0, "aki", HERE, "logged out", "", ""),
        (3.0, "aki", HERE, "looked at evidence", "20260512-0007", "weights"),
        (2.0, "aki", HERE, "logged in", "", ""),
        (1.0, "", HERE, "wrong password", "", ""),
        (0.0, "aki", HERE, "wrong password", "", ""),
    ]
    assert [n.what for n in staff.audit(visit="20260512-0007")] == ["looked at evidence"]
    assert [n.at_s - OPENS_S for n in staff.audit(name="aki", before=staff.audit()[1].number)] == [2.0, 0.0]
    assert len(staff.audit(most=2)) == 2


def test_the_audit_only_grows(staff: Staff, tmp_path: Path) -> None:
    staff.note(OPENS_S, "aki", HERE, told("looked at members"))
    other = sqlite3.connect(tmp_path / FILE)
    for change in ("DELETE FROM audit", "UPDATE audit SET name = 'ben'"):
        with pytest.raises(sqlite3.IntegrityError, match="the audit only grows"):
            other.execute(change)
    other.close()


# --- what is typed ---------------------------------------------------------------------------------------------------


@pytest.fixture
def akis_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{AKIS}\n", encoding="utf-8")
    return path


def test_an_owner_is_added_and_listed(tmp_path: Path, akis_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state"
    typed.add("aki", role=["owner"], password_file=akis_file, state=state)
    typed.list_(state=state)
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "aki may log in as owner."
    assert out[1].startswith("aki  20")
    assert out[1].endswith("Z  owner")
    with Staff(state / FILE) as staff:
        assert staff.log_in("aki", AKIS, HERE, OPENS_S)
        assert staff.audit()[1].detail == "aki: owner"


def test_what_is_typed_changes_people_and_stands_in_the_audit(
    tmp_path: Path, akis_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed.add("aki", role=["owner"], password_file=akis_file, state=tmp_path)
    typed.add("ben", role=["staff"], password_file=akis_file, state=tmp_path)
    typed.role("ben", ["manager", "viewer"], state=tmp_path)
    typed.password("ben", password_file=akis_file, state=tmp_path)
    typed.unlock("ben", state=tmp_path)
    typed.revoke("ben", state=tmp_path)
    typed.list_(state=tmp_path)
    out = capsys.readouterr().out
    assert "ben is viewer and manager from now on, and has to log in again." in out
    assert out.splitlines()[-1].endswith("Z  revoked")
    with Staff(tmp_path / FILE) as staff:
        said = [n.what for n in reversed(staff.audit())]
    assert said == [
        "added to the staff", "added to the staff", "changed roles", "changed a password", "unlocked", "revoked",
    ]  # fmt: skip


def test_what_cannot_be_is_told_at_the_terminal(
    tmp_path: Path, akis_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        typed.list_(state=tmp_path)
    assert f"nobody works here yet. `tebura staff add NAME --role owner --state {tmp_path}` begins" in (
        capsys.readouterr().err
    )
    with pytest.raises(typer.Exit):
        typed.add("aki", role=["boss"], password_file=akis_file, state=tmp_path)
    assert "there is no role 'boss'. Use viewer, staff, manager, owner" in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        typed.add("aki", role=["owner"], password_file=tmp_path / "none", state=tmp_path)
    assert "Name a file whose first line is the password" in capsys.readouterr().err
    akis_file.write_text("short\n")
    with pytest.raises(typer.Exit):
        typed.add("aki", role=["owner"], password_file=akis_file, state=tmp_path)
    assert "a password has 12 to 128 characters, not 5. Four words in a row" in capsys.readouterr().err


def test_a_password_is_typed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [AKIS, BENS, AKIS, AKIS]
    monkeypatch.setattr("getpass.getpass", lambda _: answers.pop(0))
    with pytest.raises(typer.Exit):
        typed.add("aki", role=["owner"], state=tmp_path)
    assert "a password is typed at a terminal" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    with pytest.raises(typer.Exit):
        typed.add("aki", role=["owner"], state=tmp_path)
    assert "the two are not the same" in capsys.readouterr().err
    typed.add("aki", role=["owner"], state=tmp_path)
    with Staff(tmp_path / FILE) as staff:
        assert staff.log_in("aki", AKIS, HERE, OPENS_S)


def test_a_member_who_is_forgotten_takes_nothing_of_others_out_of_the_audit(staff: Staff) -> None:
    """Whatever they were called: part of a word, another's name, or somebody of the staff."""
    details = ["Ana Sato, banana 3", "小林", "林", "ben: owner", "山田花子さん"]
    for detail in details:
        staff.note(OPENS_S, "aki", HERE, told("searched visits"), detail=detail)
    for called in ("ana", "林", "Ben", "山田花子"):
        staff.forget(called)
    said = [line.detail for line in staff.audit() if str(line.what) == "searched visits"]
    assert said[::-1] == ["… Sato, banana 3", "小林", "…", "ben: owner", "…さん"]
