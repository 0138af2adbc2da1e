"""``tebura member wallet``, as staff type it, and what stays out of the shell's history."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from edge.adapters.members import FILE, Members
from tests.gate.test_member_command import Staff

WALLET = "cus_1234:pm_5678"


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    staff = Staff(tmp_path)
    staff.does("add", "ana", "--no-key", "--state", staff.state)
    return staff


def wallets(staff: Staff) -> tuple[str, ...]:
    with Members(staff.state / FILE) as members:
        return members.wallets("ana")


def test_what_is_typed_is_kept_and_never_shown(staff: Staff) -> None:
    said = staff.does("wallet", "ana", WALLET, "--state", staff.state)
    assert said == "ana pays by it from now on.\n"
    assert "cus_" not in staff.does("list", "--state", staff.state)
    assert wallets(staff) == (WALLET,)
    staff.does("wallet", "ana", "--remove", "--state", staff.state)
    assert wallets(staff) == ("", WALLET)


def test_it_is_read_from_a_pipe(staff: Staff) -> None:
    command = staff.command("wallet", "ana", "--state", staff.state)
    done = subprocess.run(
        command, input=f"{WALLET}\n", env=staff.environment, capture_output=True, text=True, check=True
    )
    assert WALLET not in done.stdout + done.stderr
    assert wallets(staff) == (WALLET,)


def test_at_a_terminal_it_is_asked_for_and_not_echoed(staff: Staff) -> None:
    ours, theirs = pty.openpty()
    command = staff.command("wallet", "ana", "--state", staff.state)
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=staff.environment, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        while b"how ana pays: " not in shown:
            shown += os.read(ours, 1000)
        os.write(ours, f"{WALLET}\n".encode())
        while b"from now on" not in shown:
            shown += os.read(ours, 1000)
        assert process.wait(10) == 0
    os.close(ours)
    assert WALLET.encode() not in shown
    assert wallets(staff) == (WALLET,)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["wallet", "bo", WALLET], "nobody is enrolled as 'bo'"),
        (["wallet", "ana", "two words"], "no way to pay"),
        (["wallet", "ana", WALLET, "--remove"], "exclude each other"),
    ],
)
def test_what_cannot_be_is_refused(staff: Staff, words: list[str], told: str) -> None:
    assert told in staff.is_told(*words, "--state", staff.state)
    assert wallets(staff) == ()


def test_a_shop_of_stripe_takes_stripes_words_alone(staff: Staff) -> None:
    site = staff.store / "site.toml"
    here = ("--store", staff.store, "--state", staff.state)
    site.write_text('[payment]\nprovider = "stripe"\nsecret_file = "/nowhere/key"\n', encoding="utf-8")
    assert "cus_…:pm_…" in staff.is_told("wallet", "ana", "pm_1:cus_1", *here)
    staff.does("wallet", "ana", WALLET, *here)
    site.write_text('[payment]\nprovider = "http"\nurl = "https://pay.example"\n', encoding="utf-8")
    staff.does("wallet", "ana", "anything-else", *here)
    assert wallets(staff) == ("anything-else", WALLET)
