"""The walls of the house, read from the imports themselves, the lazy ones inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

EDGE = Path(__file__).parent.parent / "edge"

GROUND = ("records", "keys", "told", "shown", "optics", "store", "paying", "site")
FLOW = ("wire", "clocks", "appearance", "shelf", "floor", "attribution", "stock", "gate", "visit", "pricing",
        "checkout", "payment", "members", "ledger")  # fmt: skip
"""Upstream first. `shelf` and `floor` stand side by side."""
ABREAST = {frozenset({"shelf", "floor"})}
PURE = ("keys", "clocks", "appearance", "shelf", "floor", "attribution", "stock", "gate", "visit", "pricing",
        "checkout", "payment", "members", "runtime")  # fmt: skip
"""What decides money is computed from the wire alone: these read no clock, disk, network or randomness."""
PACKAGES = ("edge", "calibration", "models", "simulator")
"""The lowest first."""
WORLD = {"asyncio", "glob", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "sqlite_utils",
         "subprocess", "sys", "tempfile", "threading", "time", "uuid"}  # fmt: skip


def rooms() -> list[str]:
    """Folders and modules of `edge` that hold code."""
    found = [p.stem for p in EDGE.glob("*.py") if p.stem != "__init__"]
    return sorted(found + [p.parent.name for p in EDGE.glob("*/__init__.py")])


def trees(room: str) -> Iterator[tuple[Path, ast.Module]]:
    return trees_in(EDGE / room if (EDGE / room).is_dir() else EDGE / f"{room}.py")


def trees_in(there: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(there.rglob("*.py")) if there.is_dir() else [there]:
        yield path, parsed(path)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(room: str) -> Iterator[tuple[str, str]]:
    """(where, module) for every import of a room; ``from package import module`` is of the module."""
    return imports_of(trees(room))


def imports_of(trees: Iterable[tuple[Path, ast.Module]]) -> Iterator[tuple[str, str]]:
    for path, _ in trees:
        yield from imports_in(path)


@cache
def imports_in(path: Path) -> list[tuple[str, str]]:
    found = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += [(f"{path.relative_to(EDGE.parent)}:{node.lineno}", alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            where, module = f"{path.relative_to(EDGE.parent)}:{node.lineno}", node.module or ""
            assert node.level == 0, f"{where}: write imports in full"
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                there = EDGE.parent / inner.replace(".", "/")
                is_module = module == "edge" or there.with_suffix(".py").exists() or there.is_dir()
                found.append((where, inner if is_module else module))
    return found


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
    assert neighbours("told") == {}
    assert set(neighbours("shown")) <= {"told"}
    assert neighbours("optics").keys() <= {"records"}
    assert set(neighbours("store")) <= {"records", "optics", "told"}
    assert set(neighbours("paying")) <= {"records", "store"}
    assert set(neighbours("site")) <= {"records", "store", "paying"}


def test_no_two_rooms_import_each_other() -> None:
    known = {room: set(neighbours(room)) for room in rooms()}
    both = [(a, b) for a, b in combinations(known, 2) if b in known[a] and a in known[b]]
    assert not both


def test_adapters_decide_nothing() -> None:
    wrong = {r: w for r, w in neighbours("adapters").items() if r not in (*GROUND, "wire", "site")}
    assert not wrong, f"adapters carry; they may import records, store, wire and site, not {wrong}"


def test_shops_know_nothing_of_headquarters() -> None:
    """It stands on the shop's rooms; of those only its commands know it. A shop's line knows no running shop either."""
    knowing = {room for room in rooms() if "headquarters" in neighbours(room)}
    assert knowing <= {"cli"}
    assert not set(neighbours("uplink")) & {"daemon", "web", "runtime", "state", "driver", "cli"}


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_stand_one_upon_the_other(package: str) -> None:
    """What stands higher brings its commands by entry point (`edge.cli.commands`), and is never imported from below."""
    below = PACKAGES[: PACKAGES.index(package) + 1]
    wrong = [
        f"{where} imports {module}"
        for where, module in imports_of(trees_in(EDGE.parent / package))
        if module.split(".")[0] in (*PACKAGES, "tests") and module.split(".")[0] not in below
    ]
    assert not wrong


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_modules_import_each_other(package: str) -> None:
    """Nor do three in a circle; imports inside functions count."""
    known: dict[str, set[str]] = {}
    for path, tree in trees_in(EDGE.parent / package):
        name = ".".join(path.relative_to(EDGE.parent).with_suffix("").parts).removesuffix(".__init__")
        known[name] = {module for _, module in imports_of([(path, tree)])}
    open_ = {name: {m for m in told if m in known and m != name} for name, told in known.items()}
    while leaves := [name for name, told in open_.items() if not told & set(open_)]:
        for name in leaves:
            del open_[name]
    circle = {name for name in open_ if any(name in told for told in open_.values())}
    assert not circle


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
