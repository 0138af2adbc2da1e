"""The walls of the house, read from the imports themselves, the lazy ones inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

EDGE = Path(__file__).parent.parent / "edge"

GROUND = ("records", "keys", "shown", "optics", "store", "site")
FLOW = ("wire", "clocks", "shelf", "floor", "attribution", "stock", "gate", "visit", "checkout", "ledger")
"""Upstream first. `shelf` and `floor` stand side by side."""
ABREAST = {frozenset({"shelf", "floor"})}
PURE = ("keys", "clocks", "shelf", "floor", "attribution", "stock", "gate", "visit", "checkout", "runtime")
"""What decides money is computed from the wire alone: these read no clock, disk, network or randomness."""
WORLD = {"asyncio", "glob", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "sqlite_utils",
         "subprocess", "sys", "tempfile", "threading", "time", "uuid"}  # fmt: skip


def rooms() -> list[str]:
    """Folders and modules of `edge` that hold code."""
    found = [p.stem for p in EDGE.glob("*.py") if p.stem != "__init__"]
    return sorted(found + [p.parent.name for p in EDGE.glob("*/__init__.py")])


def trees(room: str) -> Iterator[tuple[Path, ast.Module]]:
    folder = EDGE / room
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [EDGE / f"{room}.py"]:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def imports(room: str) -> Iterator[tuple[str, str]]:
    """(where, module) for every import of a room; ``from edge import x`` counts as ``edge.x``."""
    for path, tree in trees(room):
        for node in ast.walk(tree):
            where = f"{path.relative_to(EDGE.parent)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                yield from ((where, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{where}: write imports in full"
                module = node.module or ""
                if module == "edge":
                    yield from ((where, f"edge.{alias.name}") for alias in node.names)
                else:
                    yield where, module


def neighbours(room: str) -> dict[str, str]:
    """Other rooms of `edge` that a room imports -> where it does."""
    found: dict[str, str] = {}
    for where, module in imports(room):
        parts = module.split(".")
        if parts[0] == "edge" and len(parts) > 1 and parts[1] not in (room, "__version__"):
            found.setdefault(parts[1], where)
    return found


@pytest.mark.parametrize("room", [r for r in rooms() if r in FLOW])
def test_data_flows_one_way(room: str) -> None:
    upstream = {r for r in FLOW[: FLOW.index(room)] if frozenset({r, room}) not in ABREAST}
    wrong = {r: where for r, where in neighbours(room).items() if r not in upstream and r not in GROUND}
    assert not wrong, f"{room} may import {sorted(upstream)} and the ground floor, not {wrong}"


def test_the_ground_floor_stands_on_nothing() -> None:
    assert neighbours("records") == {}
    assert neighbours("keys") == {}
    assert neighbours("shown") == {}
    assert neighbours("optics").keys() <= {"records"}
    assert set(neighbours("store")) <= {"records", "optics"}
    assert set(neighbours("site")) <= {"records", "store"}


def test_no_two_rooms_import_each_other() -> None:
    known = {room: set(neighbours(room)) for room in rooms()}
    both = [(a, b) for a, b in combinations(known, 2) if b in known[a] and a in known[b]]
    assert not both


def test_adapters_decide_nothing() -> None:
    wrong = {r: w for r, w in neighbours("adapters").items() if r not in (*GROUND, "wire", "site")}
    assert not wrong, f"adapters carry; they may import records, store, wire and site, not {wrong}"


def test_only_the_command_line_knows_the_simulator() -> None:
    wrong = [
        f"{where} imports {module}"
        for room in rooms()
        for where, module in imports(room)
        if module.split(".")[0] in ("simulator", "calibration", "models", "tests") and room != "cli"
    ]
    assert not wrong


@pytest.mark.parametrize("room", [r for r in rooms() if r in PURE])
def test_the_core_reads_nothing_but_its_records(room: str) -> None:
    wrong = [f"{where} imports {m}" for where, m in imports(room) if m.split(".")[0] in WORLD or "random" in m]
    for path, tree in trees(room):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                asked = called.rsplit(".", 1)[-1] in ("now", "today", "utcnow", "open", "getenv", "perf_counter")
                if asked or ".random." in called:
                    wrong.append(f"{path.relative_to(EDGE.parent)}:{node.lineno} calls {called}")
    assert not wrong


def test_every_room_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(EDGE.parent))
        for room in rooms()
        for path, tree in trees(room)
        if tree.body and not ast.get_docstring(tree)
    ]
    assert not silent, "a module says what enters, what leaves, what it refuses"
