"""What the shop says in English is read in everybody's language: refusals, remedies, the audit."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge
from edge.gate import Shut
from edge.runtime import health, supply
from edge.told import joined, told
from edge.web.console.now import ALERTS, WHY_SHUT
from edge.web.languages import LANGUAGES, LOCALE, catalogue
from edge.web.read import FIELD, read
from tests.web.test_languages import SENTENCES, templates

HERE = Path(edge.__file__).parent
OTHERS = [language for language in LANGUAGES if language != "en"]

RAISED = ("UnusableRegister", "UnusableMembers", "UnusableLedger", "WrongMoment", "Outside", "UNUSABLE")
"""What is raised with a text that screens show."""
NOT_SHOWN = ("payment/retold.py",)
"""Where a book contradicts itself, the shop does not open: no screen shows that."""
DESK = ("daemon/orders.py", "daemon/booked.py", "daemon/contests.py", "payment/decisions.py", "payment/refunds.py",
        "payment/debts.py", "payment/settlement.py")  # fmt: skip
"""What stands behind the desk: a `ValueError` is its answer."""

OF_FILES = (
    "calibration",
    "dated",
    "floor",
    "load",
    "lots",
    "points",
    "policy",
    "promotions",
    "reload",
    "tables",
    "tax",
)
FILES = tuple(f"store/{name}.py" for name in (*OF_FILES, "window"))
"""What is wrong with the store's files: *Prices* shows that where they are read anew."""
SENTENCE = re.compile(r"[^\s\[\](){}^+,]+ [^\s,]+ \S+")

names = st.from_regex(r"[a-z0-9][a-z0-9./-]{0,12}", fullmatch=True)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(HERE.rglob("*.py")):
        yield path.relative_to(HERE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_text(node: ast.AST) -> bool:
    """Whether a text is made here by hand."""
    by_hand = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and bool(node.value))
    parts = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return by_hand or any(is_text(part) for part in parts)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_fields_of_its_template(language: str) -> None:
    for english, text in catalogue(LOCALE / language / "said.po", language).items():
        assert {f[1] for f in FIELD.finditer(english)} == {f[1] for f in FIELD.finditer(text)}, english


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_read_as_the_one_that_it_is(language: str) -> None:
    known = catalogue(LOCALE / language / "said.po", language)
    for english in templates() & known.keys():
        given_ = {f[1]: (7 if f[2] or f[1] == "which" else f"x{i}/y") for i, f in enumerate(FIELD.finditer(english))}
        shown = {f[1]: f"{{0{f[2] or ''}}}".format(given_[f[1]]) for f in FIELD.finditer(english)}
        for quoted in re.findall(r"\{(\w+)![ra]", english):
            shown[quoted] = repr(given_[quoted])
        expected = FIELD.sub(lambda f, shown=shown: shown[f[1]], known[english])  # type: ignore[misc]
        assert read(told(english, **given_), language) == expected, english


@given(visit=names, sku=names, units=st.integers(1, 99), left=st.integers(0, 99))
def test_a_sentence_within_a_sentence_is_read_as_well(visit: str, sku: str, units: int, left: int) -> None:
    why = told("{units} of {sku} cannot be taken back: {left} are left of it", units=units, sku=sku, left=left)
    whole = told("visit {visit} goes on waiting: {why}", visit=visit, why=why)
    assert (
        read(whole, "ja")
        == f"来店 {visit} は待ったままです：{sku} を {units} 個取り消すことはできません：残りは {left} 個です"
    )


def test_several_sentences_and_whom_they_are_about() -> None:
    silent = told("{plates} silent for {for_s} s: look at power and cable", plates="plates 1, 4-6", for_s="3")
    unsure = told("{plates} cannot be read, says the scale: too much on it, or lifted", plates="plate 2")
    both = read(joined(silent, unsure, by="; "), "ja")
    assert both is not None
    assert both.startswith("はかり 1, 4-6から 3 秒間")
    assert "はかり 2を読めない" in both
    assert (
        read("blind: its node is gone. Start it again", "ja")
        == "見えません：カメラノードがなくなりました。起動し直してください"
    )


def test_what_nobody_has_told_a_language_is_left_alone() -> None:
    assert read("the moon is in the way", "ja") is None
    assert read("anything at all", "en") == "anything at all"
    assert read("", "ja") is None


def test_what_somebody_typed_is_not_translated() -> None:
    told_ = told("nobody here can {do!r}", do="charged")
    assert "charged" in (read(told_, "ja") or "")
    about = told(
        "{open} {currency} are open on {subject}'s tab, and this is more. `tebura payment tab {who}` says what is on "
        "it",
        open="1.00", currency="EUR", subject="charged", who="charged",
    )  # fmt: skip
    assert (read(about, "ja") or "").startswith("charged さん")


def test_whatever_screens_show_is_a_sentence_with_a_template() -> None:
    """The kind of it: a text that is put together by hand has no template, and nobody translates it."""
    wrong = []
    for where, module in modules():
        if where in ("told.py", "daemon/desk.py"):
            continue
        for scope in scopes(module):
            nodes = list(within(scope))
            wrong += [f"{where}:{line}: {what}" for node in nodes for line, what in faults(node, by_hand(nodes), where)]
    assert not wrong, "\n".join(wrong)


def test_whatever_is_wrong_with_the_files_is_a_sentence_with_a_template() -> None:
    """Three words in a row that nothing marks are one that was put together by hand."""
    wrong = [
        f"{where}:{line}: {text}" for where, module in modules() if where in FILES for line, text in unmarked(module)
    ]
    assert not wrong, "\n".join(wrong)


def unmarked(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Texts outside of docstrings and of what marks a template."""
    for child in ast.iter_child_nodes(node):
        if called(child) in SENTENCES or (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            continue
        if isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call) and called(child.exc) == "KeyError":
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and SENTENCE.match(child.value):
            yield child.lineno, child.value
        yield from unmarked(child)


def scopes(module: ast.Module) -> Iterator[ast.AST]:
    yield module
    yield from (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def within(scope: ast.AST) -> Iterator[ast.AST]:
    """All of a scope, without what has one of its own."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from within(node)


def by_hand(nodes: list[ast.AST]) -> set[str]:
    """Names that stand for texts which nothing marks."""
    texts = (node for node in nodes if isinstance(node, ast.Assign) and is_text(node.value))
    return {target.id for node in texts for target in node.targets if isinstance(target, ast.Name)}


def faults(node: ast.AST, plain: set[str], where: str) -> Iterator[tuple[int, str]]:
    if called(node) in SENTENCES:
        assert isinstance(node, ast.Call)
        first = node.args[0]
        if is_text(first) and not isinstance(first, ast.Constant):
            yield node.lineno, "its template does not stand here as it is"
        if isinstance(first, ast.Name) and first.id in plain:
            yield node.lineno, "mark it with `phrase`"
    if called(node) == "Sentence":
        assert isinstance(node, ast.Call)
        if is_text(node.args[0]):
            yield node.lineno, "`told` makes sentences"
    if isinstance(node, ast.Dict) and where.startswith("daemon/"):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "error" and is_text(value):
                yield node.lineno, "`refused` answers that"
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and where not in NOT_SHOWN:
        what = called(node.exc)
        shown = what in RAISED or (what == "ValueError" and where in DESK)
        if shown and any(is_text(arg) for arg in node.exc.args):
            yield node.lineno, "`told` makes what screens show"


def test_every_alert_and_every_reason_to_be_shut_has_words() -> None:
    kinds = set(health.ALERTS) | {kind for kind, _ in supply.ALERTS.values()}
    assert kinds <= set(ALERTS)
    assert {why for why in get_args(Shut) if why} <= set(WHY_SHUT)
