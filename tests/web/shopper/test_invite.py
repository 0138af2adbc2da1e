"""`tebura member invite`: what staff show to somebody who joins."""

from __future__ import annotations

import re
import time
from pathlib import Path

from edge.adapters.members import FILE, Members
from edge.web.shopper.enrol import Enrolments, typed
from tests.corner import write_store
from tests.typed import typed as type_
from tests.web.shopper.phones import Phone


def invite(folder: Path, *words: str, site: str = "") -> tuple[int, str]:
    store, state = write_store(folder / "store"), folder / "state"
    state.mkdir(exist_ok=True)
    (store / "site.toml").write_text(site, encoding="utf-8")
    done = type_("member", "invite", *words, "--store", store, "--state", state)
    return done.returncode, done.stdout + done.stderr


def test_a_link_a_picture_and_letters_are_one_code(tmp_path: Path) -> None:
    code, said = invite(tmp_path, "ana", site='[screens]\naddress = "https://kado.example.com"\n')
    assert code == 0, said
    assert "█" in said
    (linked,) = re.findall(r"^https://kado\.example\.com/m/#join=(\w{10})$", said, re.MULTILINE)
    (letters,) = re.findall(r"type (\S+) at https://kado\.example\.com/m/$", said, re.MULTILINE)
    assert typed(letters) == linked
    with Members(tmp_path / "state" / FILE) as members:
        done = Enrolments(tmp_path / "state").redeem(linked, Phone("corner").public_key, members, time.time())
    assert (done.enrolment.subject, done.enrolment.role) == ("ana", "member")


def test_without_an_address_it_says_where_one_is_said(tmp_path: Path) -> None:
    code, said = invite(tmp_path, "ana")
    assert code != 0
    assert "--address" in said
    assert "[screens]" in said
    code, said = invite(tmp_path, " ", "--address", "https://kado.example.com")
    assert code != 0
    assert "subject is empty" in said
