"""The scales that shops own, as their manuals print their lines: read, refused with the reason, and never made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.serial.dialects import recognised
from edge.adapters.serial.dialects.a_and_d import AAndD
from edge.adapters.serial.dialects.dialect import NOTED, Said, Unusable, Weighed
from edge.adapters.serial.dialects.kern import Kern
from edge.adapters.serial.dialects.mt_sics import MtSics
from edge.adapters.serial.dialects.ohaus import Ohaus
from edge.adapters.serial.dialects.printing import ANSWER_S, LISTEN_S, POLL_S, QUIET_S, TRIES, UNITLESS, Printing
from edge.adapters.serial.dialects.sartorius import Sbi
from edge.adapters.serial.dialects.toledo_8217 import Toledo8217
from edge.adapters.serial.frames import Frames
from tests.adapters.serial.ear import device

LB, OZ = 453.59237, 28.349523125
DIALECTS: dict[str, type[Printing]] = {
    "a-and-d": AAndD, "sartorius": Sbi, "ohaus": Ohaus, "kern": Kern, "toledo-8217": Toledo8217,
}  # fmt: skip


def scale(protocol: str, **more: object) -> Printing:
    return DIALECTS[protocol](device(protocol, plates=more.pop("plates", (1,)), **more))


def reads(protocol: str, line: bytes, **more: object) -> list[Said]:
    """What a line means to a scale that has printed others of that length."""
    talk = scale(protocol, **more)
    talk.line(line, 0.0)
    return talk.line(line, 0.1)


WEIGHTS: list[tuple[str, bytes, float | None]] = [
    # A&D: EJ, EK, FX; GAB and KFN of Kern and others that print it
    ("a-and-d", b"ST,+00123.4  g", 123.4),
    ("a-and-d", b"US,-00001.2  g", -1.2),
    ("a-and-d", b"WT,+00123.4  g", 123.4),
    ("a-and-d", b"ST,+0001.234 kg", 1234.0),
    ("a-and-d", b"ST,+0001.2345 lb", 1.2345 * LB),
    ("a-and-d", b"ST,OK,+0001.234 kg", 1234.0),
    ("a-and-d", b"ST,GS,  18.000kg", 18_000.0),
    ("a-and-d", b"US,NT,-  0.200kg", -200.0),
    ("a-and-d", b"ST,GS 1.000KG", 1000.0),
    ("a-and-d", b"ST,G,   1.234,kg", 1234.0),
    ("a-and-d", b"OL,+9999999E+19", None),
    ("a-and-d", b"OL,-999999.9  g", None),
    ("a-and-d", b"OL,GS,+        kg", None),
    # Sartorius
    ("sartorius", b"+   1255.7 g  ", 1255.7),
    ("sartorius", b"-      0.3 g  ", -0.3),
    ("sartorius", b"+ 1.234567 kg ", 1234.567),
    ("sartorius", b"N     +   1255.7 g  ", 1255.7),
    ("sartorius", b"G#    +   1255.7 g  ", 1255.7),
    ("sartorius", b"N     + 123.5[6] g  ", 123.56),
    ("sartorius", b"+ 111.25507 mg", 0.11125507),
    ("sartorius", b"       H      ", None),
    ("sartorius", b"       L      ", None),
    ("sartorius", b"Stat         H      ", None),
    ("sartorius", b"Stat      High      ", None),
    ("sartorius", b"Stat       Low      ", None),
    ("sartorius", b"Stat  Cal. Ext.     ", None),
    ("sartorius", b"Stat     ERR 054    ", None),
    ("sartorius", b"Err 054       ", None),
    ("sartorius", b"Stat     APP.ERR    ", None),
    # Ohaus
    ("ohaus", b"     12.73 g         ", 12.73),
    ("ohaus", b"     12.73 g    ?", 12.73),
    ("ohaus", b"    192.21 g ?00:00:15", 192.21),
    ("ohaus", b"    0.4500 oz", 0.45 * OZ),
    ("ohaus", b"    -0.211 kg       NET", -211.0),
    ("ohaus", b"-    0.211 kg   ? G  ", -211.0),
    ("ohaus", b"Err 8.3", None),
    ("ohaus", b"[Err 8.4]", None),
    ("ohaus", b"   ------", None),
    # Kern
    ("kern", b"       123.4 g  ", 123.4),
    ("kern", b" -       1.2 kg ", -1200.0),
    ("kern", b"M      123.4 g  ", 123.4),
    ("kern", b"       Error", None),
    ("kern", b"           Error", None),
    # Toledo 8217, set to kilograms
    ("toledo-8217", b"01.250", 1250.0),
    ("toledo-8217", b" 1.250", 1250.0),
    ("toledo-8217", b"01.250N", 1250.0),
    ("toledo-8217", b"?B", None),
    ("toledo-8217", b"?D", None),
    ("toledo-8217", b"?L", None),
]


@pytest.mark.parametrize(("protocol", "line", "mass_g"), WEIGHTS)
def test_a_line_of_the_manual_is_grams(protocol: str, line: bytes, mass_g: float | None) -> None:
    (said,) = reads(protocol, line, unit="kg")
    assert isinstance(said, Weighed), said
    assert (said.plate, said.mass_g) == (1, None if mass_g is None else pytest.approx(mass_g))


NO_WEIGHTS: list[tuple[str, bytes]] = [
    ("a-and-d", b"ST,TR,  0.500kg"),
    ("a-and-d", b"EC,E01"),
    ("a-and-d", b"\x06"),
    ("sartorius", b"T1    +    500.0 g  "),
    ("sartorius", b"Nom.  +    500.0 g  "),
    ("sartorius", b"              "),
    ("ohaus", b"    500.00 g       T"),
    ("ohaus", b"    500.00 g   TOTAL"),
    ("ohaus", b"ES"),
    ("ohaus", b"OK!"),
    ("toledo-8217", b"?A"),
    ("toledo-8217", b"?P"),
]


@pytest.mark.parametrize(("protocol", "line"), NO_WEIGHTS)
def test_what_is_no_weight_is_understood_and_weighs_nothing(protocol: str, line: bytes) -> None:
    assert reads(protocol, line) == [NOTED]


ODD = [
    ("a-and-d", b"+00123.4  g"), ("a-and-d", b"ST,+0012a.4  g"), ("a-and-d", b"ST,123.4.5  g"), ("a-and-d", b"S S 5 g"),
    ("sartorius", b"1255.7 g"), ("sartorius", b"+  12a5.7 g  "), ("sartorius", b"N     +   1255.7 g  ?"),
    ("ohaus", b"12.73g"), ("ohaus", b"+    12.73 g"), ("ohaus", b"1,5.0"),
    ("kern", b"123.4 g"), ("kern", b"       12a.4 g  "), ("kern", b"       123.4 g              "),
    ("toledo-8217", b"1250"), ("toledo-8217", b"01.250 kg"), ("toledo-8217", b"?!"), ("toledo-8217", b"?"),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "line"), ODD)
def test_what_is_none_of_its_lines_is_refused(protocol: str, line: bytes) -> None:
    (said,) = reads(protocol, line)
    assert isinstance(said, Unusable)
    assert said.reason.startswith("not ")


@pytest.mark.parametrize(
    ("protocol", "line", "unit"),
    [
        ("a-and-d", b"QT,+00000012 PC", "PC"),
        ("a-and-d", b"ST,+000123.4  %", "%"),
        ("a-and-d", b"ST,+00000.5  t", "tola"),  # a tonne to others
        ("a-and-d", b"ST,+00012.3 GN", "GN"),
        ("sartorius", b"+      253 pcs", "pcs"),
        ("sartorius", b"+    1.234 ozt", "ozt"),
        ("ohaus", b"         3 PCS  ", "PCS"),
        ("ohaus", b"  1 lb: 2.3 oz   G", "lb:oz"),
        ("kern", b"          12 pcs", "pcs"),
    ],
)
def test_a_unit_that_is_no_mass_is_told_and_taken_back_when_it_is_switched(
    protocol: str, line: bytes, unit: str
) -> None:
    talk = scale(protocol)
    talk.line(line, 0.0)
    assert talk.line(line, 0.1) == [Unusable("unknown unit")]
    assert talk.trouble() == f"/dev/null shows {unit}, and that is no mass: switch it to g, kg, mg, lb or oz"
    for good in (next(line for p, line, g in WEIGHTS if p == protocol and g),):
        talk.line(good, 0.2)
        assert isinstance(talk.line(good, 0.3)[0], Weighed)
    assert talk.trouble() == ""


@pytest.mark.parametrize(
    "line",
    [b"S S     12 PCS", b"S D      2.5 lb:oz", b"S S   2:03.5 lb:oz", b"S S   6 lb 2.5 oz", b"S S   6 lb: 2.5 oz"],
)
def test_mt_sics_in_pieces_or_pounds_and_ounces_is_told_to_be_switched_and_not_to_change_its_baud(line: bytes) -> None:
    talk = MtSics(device("mt-sics"))
    assert talk.line(line, 0.0) == [Unusable("unknown unit")]
    assert "and that is no mass: switch it to g, kg" in talk.trouble()
    talk.line(b"S S   100.00 g", 0.1)
    assert talk.trouble() == ""


def test_a_weight_that_moves_has_the_unit_that_was_printed_before() -> None:
    for protocol, rests, moves in (
        ("sartorius", b"+    1.250 kg ", b"+    1.300    "),
        ("kern", b"       1.250 kg ", b"       1.300    "),
        ("kern", b"       1.250 kg ", b"       1.300 "),
    ):
        talk = scale(protocol)
        assert [talk.line(moves, t) for t in (0.0, 0.1, 0.2)] == [[NOTED]] * 3, "nobody knows what that weighs"
        talk.line(rests, 0.3)
        talk.line(rests, 0.4)
        talk.line(moves, 0.5)
        assert talk.line(moves, 0.6) == [Weighed(1, 1300.0)]


def test_a_scale_that_never_prints_a_unit_is_told() -> None:
    talk = scale("kern")
    for i in range(UNITLESS + 1):
        assert talk.line(b"       1.300    ", i / 10) == [NOTED]
    assert "set it to print the unit" in talk.trouble()


def test_a_scale_under_several_plates_gives_each_an_equal_part() -> None:
    assert reads("a-and-d", b"ST,+00300.0  g", plates=(2, 3)) == [Weighed(2, 150.0), Weighed(3, 150.0)]


# --- lost bytes ----------------------------------------------------------------------------------------------------


@given(
    st.sampled_from([(p, line) for p, line, grams in WEIGHTS if grams]),
    st.integers(0, 30),
    st.integers(1, 3),
    st.integers(2, 5),
)
def test_a_line_that_lost_some_bytes_is_never_another_weight(
    which: tuple[str, bytes], at: int, lost: int, before: int
) -> None:
    protocol, line = which
    talk = scale(protocol, unit="kg")
    for i in range(before):
        talk.line(line, i / 10)
    broken = line[: at % len(line)] + line[at % len(line) + lost :]
    assert not any(isinstance(s, Weighed) and s.mass_g is not None for s in talk.line(broken, 1.0))
    assert any(isinstance(s, Weighed) for s in talk.line(line, 1.1) + talk.line(line, 1.2))


@given(st.sampled_from(sorted(DIALECTS)), st.lists(st.binary(max_size=30) | st.sampled_from(
    [b"\r\n", b"ST,", b"+00123.4", b"  g", b"kg", b" ", b"       ", b"?", b"12.5", b"\x02", b"N     ", b"-", b"pcs"]
), max_size=40))  # fmt: skip
def test_whatever_comes_nothing_raises(protocol: str, pieces: list[bytes]) -> None:
    talk = scale(protocol)
    for i, line in enumerate(Frames(talk.framing).feed(b"".join(pieces), 0.0)):
        talk.ask(i / 10)
        talk.line(line, i / 10)
        assert isinstance(talk.trouble(), str)


# --- asking --------------------------------------------------------------------------------------------------------


def test_a_scale_that_speaks_by_itself_is_never_asked() -> None:
    talk = scale("a-and-d")
    for i in range(100):
        assert talk.ask(i / 10) == b""
        talk.line(b"ST,+00123.4  g", i / 10 + 0.05)
    assert talk.ask(10.0 + QUIET_S + 0.1) == b"", "that it is silent now is noticed"
    assert talk.ask(10.0 + QUIET_S + 0.2) == b"Q\r\n"


@pytest.mark.parametrize(
    ("protocol", "query"),
    [("a-and-d", b"Q\r\n"), ("sartorius", b"\x1bP\r\n"), ("ohaus", b"IP\r\n"), ("kern", b"w"), ("toledo-8217", b"W")],
)
def test_a_scale_that_waits_to_be_asked_is_asked_again_and_again(protocol: str, query: bytes) -> None:
    talk = scale(protocol, unit="kg")
    line = next(line for p, line, grams in WEIGHTS if p == protocol and grams)
    now = 0.0
    assert talk.ask(now) == b""
    for _ in range(20):
        now += LISTEN_S + POLL_S
        assert talk.ask(now) == query
        assert talk.ask(now + POLL_S) == b"", "it has not answered yet"
        talk.line(line, now + POLL_S)
    assert talk.ask(now + 2 * POLL_S) == query


def test_an_ohaus_scale_that_does_not_know_the_first_question_is_asked_another() -> None:
    talk = scale("ohaus")
    assert [talk.ask(t) for t in (0.0, 1.0)] == [b"", b"IP\r\n"]
    assert talk.line(b"ES", 1.1) == [NOTED]
    assert talk.ask(1.2) == b"P\r\n"


def test_who_answers_nothing_is_asked_the_other_question() -> None:
    talk = scale("ohaus")
    asked = [talk.ask(1.0 + i * (ANSWER_S + 0.01)) for i in range(2 * TRIES + 2)]
    assert asked[0] == b""
    assert asked[1:] == [b"IP\r\n"] * TRIES + [b"P\r\n"] * TRIES + [b"IP\r\n"]


# --- known by its lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "lines"),
    [
        ("a-and-d", [b"3.4  g", b"ST,+00123.4  g", b"ST,+00123.5  g"]),
        ("mt-sics", [b"9.07 g", b"S S     129.07 g", b"S D     130.07 g"]),
        ("lines", [b"523.4", b"1,1523.4", b"1,1523.5"]),
        ("sartorius", [b"5.7 g  ", b"N     +   1255.7 g  ", b"N     +   1255.8 g  "]),
        ("ohaus", [b"g    ?", b"     12.73 g    ?", b"     12.74 g    ?"]),
        ("kern", [b".4 g  ", b"M      123.4 g  ", b"M      123.5 g  "]),
    ],
)
def test_a_dialect_is_known_by_its_lines(protocol: str, lines: list[bytes]) -> None:
    assert protocol in recognised(lines).split(" or ")


@pytest.mark.parametrize(
    "lines", [[], [b"ST,+00123.4  g"], [b"a", b"hello", b"world"], [b"a", b"$GPGGA,1", b"$GPGGA,2"]]
)
def test_what_nobody_speaks_is_recognised_as_nothing(lines: list[bytes]) -> None:
    assert recognised(lines) == ""
