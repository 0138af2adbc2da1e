"""Scales and readers that shops own, on pseudo-terminals, set as the factory or somebody else has left them."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from pathlib import Path

import msgspec
import pytest

from edge.gate.credential import issue
from simulator.devices import COUNTER, AAndDScale, Desk, OhausScale, Reader, SartoriusBalance, Scale, Toledo8217Scale
from tests.adapters.serial.ear import Ear, device, shows, until, wired

SCALE, READER = "serial/g1-s1:1", "serial/in"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk() as desk:
        yield desk


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "usb-maker_thing-port0"


@pytest.mark.parametrize(
    ("protocol", "by_itself"),
    [("a-and-d", True), ("a-and-d", False), ("sartorius", True), ("ohaus", False), ("kern", False),
     ("toledo-8217", False)],
)  # fmt: skip
def test_what_is_put_on_a_counter_scale_arrives_on_the_shelf(
    desk: Desk, link: Path, protocol: str, by_itself: bool
) -> None:
    double = desk.stand(COUNTER[protocol](link, by_itself=by_itself))
    with wired(device(protocol, link, unit="kg")) as (ear, _):
        shows(ear, 1, 0.0)
        double.put(1, 500.0)
        shows(ear, 1, 500.0)
        double.put(1, 9000.0)
        until(lambda: isnan(ear.last_g(1)))
        assert ear.ails(SCALE) == ""
        assert not ear.refusals


@pytest.mark.parametrize(
    "double",
    [
        lambda link: SartoriusBalance(link, 1200, named=True, by_itself=True, parity="odd"),
        lambda link: AAndDScale(link, 2400, parity="even"),
        lambda link: Toledo8217Scale(link, 9600, parity="even"),
        lambda link: OhausScale(link, 2400, older=True, parity="mark"),
        lambda link: Scale(link, 9600, parity="even"),
    ],
    ids=["sartorius 7O1", "a-and-d 7E1", "8217 7E1", "ohaus 7M1", "mt-sics 7E1"],
)
def test_seven_bits_are_told_with_their_parity_and_read_where_it_is_written(
    desk: Desk, link: Path, double: object
) -> None:
    scale = desk.stand(double(link))  # type: ignore[operator]
    scale.say(1, 1234.0)
    wire = scale.wire
    if scale.protocol in ("sartorius", "mt-sics"):  # the others do not even understand what they are asked
        with wired(device(scale.protocol, link, baud=wire.baud, unit="kg")) as (ear, ports):
            if scale.protocol == "mt-sics":
                until(lambda: "bits and parity" in ear.ails(SCALE))
            else:
                until(lambda: f'write bits = 7 and parity = "{wire.parity}"' in ear.ails(SCALE))
            assert ports[0].counts.readings == 0
    with wired(device(scale.protocol, link, baud=wire.baud, unit="kg", bits=7, parity=wire.parity)) as (ear, _):
        shows(ear, 1, 1234.0)
        until(lambda: ear.ails(SCALE) == "")


def test_eight_bits_where_seven_are_written_are_told_too(desk: Desk, link: Path) -> None:
    desk.stand(AAndDScale(link, by_itself=True))
    with wired(device("a-and-d", link, bits=7, parity="odd")) as (ear, _):
        until(lambda: 'write bits = 8 and parity = "none"' in ear.ails(SCALE))


def test_a_wrong_parity_is_a_line_less(desk: Desk, link: Path) -> None:
    scale = desk.stand(AAndDScale(link, by_itself=True, parity="even"))
    scale.say(1, 500.0)
    with wired(device("a-and-d", link, bits=7, parity="even")) as (ear, ports):
        shows(ear, 1, 500.0)
        scale.wire.parity_fault = 3
        until(lambda: ear.refused("garbled line") >= 1)
        seen = ports[0].counts.readings
        until(lambda: ports[0].counts.readings > seen + 5)
        assert {g for b in ear.batches() for g in b.mass_g[0].tolist() if not isnan(g)} == {500.0}


@pytest.mark.parametrize(
    ("protocol", "unit"),
    [("mt-sics", "PCS"), ("mt-sics", "lb:oz"), ("a-and-d", "PC"), ("kern", "pcs"), ("ohaus", "ct")],
)
def test_a_scale_that_counts_is_told_to_be_switched_and_is_heard_when_it_is(
    desk: Desk, link: Path, protocol: str, unit: str
) -> None:
    kind = COUNTER.get(protocol, Scale)
    scale = desk.stand(kind(link, unit=unit))
    with wired(device(protocol, link)) as (ear, _):
        until(lambda: f"shows {unit}, and that is no mass: switch it to g" in ear.ails(SCALE))
        scale.unit = "g"
        shows(ear, 1, 0.0)
        until(lambda: ear.ails(SCALE) == "")


def test_a_dialect_that_is_not_the_one_of_site_toml_is_told_with_what_was_heard_and_its_name(
    desk: Desk, link: Path
) -> None:
    desk.stand(AAndDScale(link, by_itself=True)).say(1, 123.4)
    with wired(device("mt-sics", link)) as (ear, _):
        until(lambda: "not MT-SICS at 9600 baud" in ear.ails(SCALE))
        told = ear.ails(SCALE)
        assert "It says 'ST,+000123.4  g', which looks like protocol = \"a-and-d\"" in told
        assert ear.troubles[SCALE][-2:] != [told, told]


# --- readers -------------------------------------------------------------------------------------------------------

CODES = [issue(bytes(32), "demo", second, bytes(4)) for second in range(8)]


def scans(ear: Ear) -> list[str]:
    return [msgspec.json.decode(s)["credential"] for s in ear.said("gate/in/scan")]


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (b"", b"\r\n"),
        (b"", b"\r"),
        (b"", b""),
        (b"", b"\t"),
        (b"]Q1", b"\r"),
        (b"]Q2", b""),
        (b"]Q2\\000026", b"\r\n"),
        (b"\x02", b"\x03"),
        (b"\x02]Q1", b"\x03\r\n"),
        (b"\x02", b""),
    ],
)
def test_a_code_is_read_however_a_reader_wraps_it(desk: Desk, link: Path, begins: bytes, ends: bytes) -> None:
    reader = desk.stand(Reader(link, times=2, begins=begins, ends=ends))
    with wired(device("barcode", link)) as (ear, ports):
        until(lambda: ports[0].counts.openings)
        reader.scan(CODES[0])
        reader.scan("4901234567894")
        reader.scan(CODES[1])
        until(lambda: len(scans(ear)) == 2)
        assert scans(ear) == CODES[:2]
        until(lambda: ear.refused("goods"))
        assert ear.ails(READER) == ""
        assert set(ear.refusals) == {(READER, "goods")}


def test_a_reader_that_never_makes_sense_is_told_and_forgiven(desk: Desk, link: Path) -> None:
    reader = desk.stand(Reader(link, times=2, begins=b"P01"))
    with wired(device("barcode", link)) as (ear, ports):
        until(lambda: ports[0].counts.openings)
        for code in CODES[:5]:
            reader.scan(code)
        until(lambda: "nothing of it is a shopper's any more" in ear.ails(READER))
        reader.begins = b""
        reader.scan(CODES[6])
        until(lambda: CODES[6] in scans(ear))
        until(lambda: ear.ails(READER) == "")


@pytest.mark.parametrize("ends", [b"\x00", b"\x1b\r"])
def test_a_reader_whose_codes_never_become_lines_is_told(desk: Desk, link: Path, ends: bytes) -> None:
    reader = desk.stand(Reader(link, times=1, ends=ends))
    with wired(device("barcode", link)) as (ear, ports):
        until(lambda: ports[0].counts.openings)
        for code in CODES:
            reader.scan(code)
        until(lambda: "speaks, but not codes" in ear.ails(READER), 8.0)
