"""What readers read: shoppers' codes however they are wrapped, goods that are none, and readers that are set wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.serial.dialects.barcode import FRAMING, LENGTHS, LONGEST, SENSELESS, Barcodes
from edge.adapters.serial.dialects.dialect import NOTED, Scanned, Unusable
from edge.adapters.serial.frames import Frames
from edge.adapters.serial.goods import unwrapped
from edge.gate.credential import issue
from edge.store.gtin import checks, forms
from tests.adapters.serial.ear import device

CODE = "6BFOXN*TS0BI$ZD4N9:9S6RCVN5+O30K3/XIV0W23NTDE"


def reader() -> Barcodes:
    return Barcodes(device("barcode"))


def test_a_code_is_a_scan_once_while_it_is_shown() -> None:
    talk = reader()
    seen = [talk.line(CODE.encode(), t) for t in (0.0, 0.5, 2.4, 4.3)]
    assert seen == [[Scanned(CODE)], [NOTED], [NOTED], [NOTED]], "never out of sight for two seconds"
    assert talk.line(CODE.encode(), 6.5) == [Scanned(CODE)]


def test_two_people_in_a_row_are_two_scans() -> None:
    talk = reader()
    assert talk.line(b"ANA", 0.0) + talk.line(b"BEN", 0.1) == [Scanned("ANA"), Scanned("BEN")]


GOODS = [
    b"4901234567894", b"49012347", b"012345678905", b"14901234567891", b"]E04901234567894", b"04252614", b"425261",
    b"977123456700305", b"9771234567003 05", b"978031614841051299", b"]E39771234567003 05", b"]E09771234567003]E105",
    b"012345678905 51299", b"316148410X", b"2434561X",
    b"010490123456789417251231", b"0104901234567894172512311\x1d10ABC", b"]C1010490123456789410ABC123",
    b"]d201049012345678942112", b"]Q3010490123456789410AB", b"(01)04901234567894", b"00349012345678901236",
    b"]e00104901234567894", b"]C0ABC-123", b"]A0ABC",
    b"HTTPS://ID.GS1.ORG/01/04901234567894", b"https://example.com/01/04901234567894/10/ABC?17=251231",
    b"HTTP://SHOP.EXAMPLE/P/01/4901234567894/",
]  # fmt: skip
NOTHING = [b"https://example.com/", b"HTTPS://EXAMPLE.COM/MENU", b"hello", b"   ", b"]Q1"]


@pytest.mark.parametrize("line", GOODS)
def test_goods_are_no_credential(line: bytes) -> None:
    assert reader().line(line, 0.0) == [Unusable("goods")]


@pytest.mark.parametrize("line", NOTHING)
def test_other_codes_are_no_credential(line: bytes) -> None:
    assert reader().line(line, 0.0) == [Unusable("not a credential")]


@pytest.mark.parametrize("before", [b"", b"]Q1", b"]Q2", b"]Q2\\000026", b"]Q2\\000003", b"]d1", b"\t", b"\\000026"])
def test_what_a_reader_puts_in_front_is_taken_off(before: bytes) -> None:
    assert reader().line(before + CODE.encode(), 0.0) == [Scanned(CODE)]


PHONES = st.builds(
    issue, st.binary(min_size=32, max_size=32), st.text(max_size=9), st.integers(0, 2**32 - 1),
    st.binary(min_size=4, max_size=4), st.integers(1, 50),
)  # fmt: skip


@given(PHONES, st.sampled_from([b"", b"]Q1", b"]Q2\\000026"]))
def test_no_shoppers_code_is_ever_taken_for_goods(code: str, before: bytes) -> None:
    assert len(code) in LENGTHS
    talk = reader()
    assert talk.line(before + code.encode(), 0.0) == [Scanned(code)]
    assert talk.line(before + code.strip().encode(), 9.0) == [Scanned(code.strip())], "a reader that cuts spaces away"


def phone(second: int) -> bytes:
    return issue(bytes(32), "demo", second, bytes(4)).encode()


@pytest.mark.parametrize("prefix", [b"P01", b"s", b"#", b"QR:"])
def test_a_reader_that_adds_something_to_every_code_is_told_before_the_shop_is_empty(prefix: bytes) -> None:
    talk = reader()
    for i in range(SENSELESS):
        assert talk.trouble() == ""
        for repeat in range(3):
            talk.line(prefix + phone(i), i + 0.1 * repeat)
    told = talk.trouble()
    assert told.startswith("/dev/null reads codes, but nothing of it is a shopper's")
    assert prefix.decode() in told
    assert "without prefix" in told
    talk.line(prefix + phone(99), 99.0)
    assert talk.trouble() == told, "it stays as it is"
    talk.line(phone(100), 100.0)
    assert talk.trouble() == ""


def test_goods_addresses_and_one_odd_code_again_and_again_are_nobodys_fault() -> None:
    talk = reader()
    for i in range(60):
        for line in (*GOODS, b"HTTPS://EXAMPLE.COM/MENU", b"odd one"):
            talk.line(line, float(i))
    assert talk.trouble() == ""


def test_the_longest_code_goes_through() -> None:
    code = b"A1" * 256
    assert len(code) == LONGEST
    (line,) = Frames(FRAMING).feed(code + b"\r", 0.0)
    assert reader().line(line, 0.0) == [Scanned(code.decode())]


# --- numbers of goods ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"4901234567894", "4901234567894"),
        (b"96385074", "96385074"),
        (b"04252614", "042100005264"),  # UPC-E of the GS1 General Specifications
        (b"01234565", "012345000065"),
        (b"01201303", "012000000133"),
        (b"]E00012345678905", "0012345678905"),
        (b"]E496385074", "96385074"),
        (b"9771234567003 05", "9771234567003"),
        (b"977123456700305", "9771234567003"),
        (b"]E09771234567003]E105", "9771234567003"),
        (b"]C1010490123456789410ABC123", "04901234567894"),
        (b"(01)04901234567894(10)ABC", "04901234567894"),
        (b"\x1d0104901234567894", "04901234567894"),
        (b"HTTPS://ID.GS1.ORG/01/04901234567894", "04901234567894"),
        (b"2010470104075", ""),
        (b"425261", ""),
        (b"12345", ""),
        (b"TB1:ABC", ""),
        (b"HTTPS://EXAMPLE.COM/MENU", ""),
        (b"", ""),
    ],
)
def test_the_number_of_goods_is_read_from_whatever_holds_it(line: bytes, number: str) -> None:
    assert unwrapped(line).gtin == number


@given(st.text("0123456789", min_size=6, max_size=6))
def test_every_upc_e_stands_for_one_gtin_of_twelve_digits_whose_check_digit_it_has(six: str) -> None:
    read = {short: unwrapped(short.encode()).gtin for short in (f"0{six}{check}" for check in range(10))}
    ((short, long),) = [(s, n) for s, n in read.items() if len(n) == 12]
    assert (long[0], long[-1]) == ("0", short[-1])
    assert checks(long)
    assert forms(short) & forms(long) & forms("0" + long)


@given(st.binary(max_size=60))
def test_whatever_is_read_it_is_goods_or_not(line: bytes) -> None:
    code = unwrapped(line)
    assert isinstance(code.is_goods, bool)
    assert code.gtin == "" or checks(code.gtin)
