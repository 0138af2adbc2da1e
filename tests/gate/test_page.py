"""``docs/gate.md`` is all that an app's developer has: what it says is what the gate does."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from edge.gate import LIFE_S, SKEW_S, WAITING, Credential, Reason, identify, learn, open_gate, read
from edge.gate.base45 import ALPHABET
from edge.gate.clocks import AGREE_S, REMEMBERED, WITNESSES
from edge.gate.credential import PARTY_AT_MOST, TEXT_LENGTH, is_signed
from edge.records import CredentialScan, Standing
from tests.gate.entrance import admitted, shop_with
from tests.gate.vectors import GIVEN, vectors

PAGE = (Path(__file__).parents[2] / "docs" / "gate.md").read_text(encoding="utf-8")
SHUT = {"closed", "restocking", "cannot-see", "cannot-weigh", "cannot-keep-books"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table that begins with a line."""
    table = PAGE.partition(heading + "\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]


def test_the_vectors_on_the_page_are_those_that_the_code_makes() -> None:
    (written,) = (found for block in blocks("json") if isinstance(found := json.loads(block), list))
    assert written == vectors()


@pytest.mark.parametrize("given", GIVEN, ids=lambda given: str(given[1]))
def test_the_program_on_the_page_makes_the_same_codes(given: tuple[str, str, int, str, int]) -> None:
    program, _ = blocks("python")
    assert len(program.splitlines()) <= 26
    names: dict[str, object] = {}
    exec(program, names)
    private_key, store_id, issued_s, nonce, party = given
    make = names["code"]
    assert callable(make)
    text = make(bytes.fromhex(private_key), store_id, issued_s, bytes.fromhex(nonce), party)
    (vector,) = (v for v in vectors() if v["private_key"] == private_key)
    assert text == vector["text"]
    code = read(text)
    assert isinstance(code, Credential)
    assert is_signed(code, store_id, bytes.fromhex(str(vector["public_key"])))


def test_what_the_page_tells_an_app_to_show_opens_the_gate() -> None:
    gate, issued_s = open_gate(), float(GIVEN[0][2])
    (vector,) = (v for v in vectors() if v["store_id"] == "demo")
    key = bytes.fromhex(str(vector["public_key"]))
    learn(gate, Standing(issued_s, issued_s, "member-17", key, "member", revoked=False))
    scan = CredentialScan(issued_s + 5, issued_s + 5, "in", str(vector["text"]))
    assert admitted(identify(gate, shop_with(store_id="demo"), scan)).subject == "member-17"


def test_every_reason_is_explained_and_nothing_else_is() -> None:
    told = [row[0].strip("`") for row in rows("| reason | what it means | what the app tells the shopper |")]
    assert sorted(told) == sorted(get_args(Reason))
    assert all(cell for row in rows("| reason | what it means | what the app tells the shopper |") for cell in row)
    others = {name for row in rows("| reason | |") for name in re.findall(r"`([a-z-]+)`", row[0])}
    assert others == {WAITING, *SHUT}


def test_the_layout_on_the_page_is_the_one_that_is_read() -> None:
    at = 0
    for offset, size, _ in rows("| offset | bytes | what |"):
        assert int(offset) == at
        at += int(size)
    assert at == 86
    assert PAGE.count(ALPHABET) == 2, "in words and in the program"


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    plain = " ".join(PAGE.split())
    assert f"from {SKEW_S:.0f} s before its `issued` to {LIFE_S + SKEW_S:.0f} s after" in plain
    assert f"always {TEXT_LENGTH} characters" in plain
    assert f"1 to {PARTY_AT_MOST} |" in plain
    assert f"the last {REMEMBERED} phones" in plain
    assert (WITNESSES, f"all within {AGREE_S:.0f} s" in plain) == (3, True)
    assert f"Remembered for {LIFE_S + 2 * SKEW_S:.0f} s after `issued`" in plain


def test_the_policy_on_the_page_is_one() -> None:
    (example,) = blocks("toml")
    policy = tomllib.loads(example)["policy"]
    shop = shop_with(example.replace("[policy]\n", ""))
    assert list(shop.policy.accept) == policy["accept"]
