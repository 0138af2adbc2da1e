"""A shop's files from somewhere else: who publishes, a real server, a real shop, and everybody who would cheat it."""

from __future__ import annotations

import functools
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, TargetFile, Targets
from typer.testing import CliRunner, Result

from edge.bundles import publish as room
from edge.bundles.applied import apply, number_of, resume
from edge.bundles.fetch import Fetched, NotFetched, fetch
from edge.bundles.form import BrokenBundle, packed, read_folder, unpacked
from edge.cli import app
from edge.daemon.desk import Desk
from simulator.commands import DEMO
from tests.live.stage import Theatre

NOW = datetime.now(UTC)
FILES = read_folder(DEMO)


def tebura(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["bundle", *map(str, words)])


def with_charge_at(said: bytes) -> dict[str, bytes]:
    """The demo shop with another policy."""
    assert b"charge_at = 0.80" in FILES["store.toml"]
    return FILES | {"store.toml": FILES["store.toml"].replace(b"charge_at = 0.80", b"charge_at = " + said)}


class Publisher:
    """Keys and a repository."""

    def __init__(self, folder: Path) -> None:
        self.keys, self.repository = folder / "keys", folder / "repository"
        room.found(self.keys, self.repository, NOW)
        self.root = folder / "root.json"
        shutil.copy(self.repository / "metadata" / "1.root.json", self.root)

    def publish(self, files: dict[str, bytes], now: datetime = NOW, store: str = "demo") -> int:
        return room.publish(self.keys, self.repository, {"demo": packed(store, files)}, now)

    def metadata(self, name: str) -> Path:
        return self.repository / "metadata" / name


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return tmp_path / "known"


def fetched(publisher: Publisher, known: Path) -> Fetched:
    return fetch(str(publisher.repository), publisher.root, known, "demo")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_running_shop_goes_on_with_its_bundle_and_back(tmp_path: Path, publisher: Publisher) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for name, data in with_charge_at(b"0.90").items():
        (mine / name).write_bytes(data)
    assert tebura("publish", publisher.keys, publisher.repository, mine).stdout == "bundle 2: demo\n"
    with served(publisher.repository) as address:
        site = f'[bundles]\naddress = "{address}"\n'
        theatre = Theatre(tmp_path / "shop", FILES, site)
        with closing(theatre):
            where = ("--store", theatre.folder, "--state", theatre.state)
            lacking = tebura("update", *where)
            assert lacking.exit_code == 2
            assert "Copy metadata/1.root.json of the repository there, by hand" in lacking.stderr
            shutil.copy(publisher.root, theatre.folder / "root.json")
            theatre.start()
            look = tebura("update", *where, "--check")
            assert look.stdout == "bundle 2: store.toml\n", look.stderr
            done = tebura("update", *where)
            assert done.stdout.endswith("The shop goes on with bundle 2.\n"), done.stderr
            assert b"charge_at = 0.90" in (theatre.folder / "store.toml").read_bytes()
            assert theatre.ask(do="reload", by="aki")["changed"] == [], "the shop has read them already"
            assert "Nothing is new" in tebura("update", *where).stdout
            before_the_kill = tmp_path / "before-the-kill"
            shutil.copytree(theatre.folder, before_the_kill, ignore=shutil.ignore_patterns("state"))
            assert tebura("back", *where).stdout == "The shop goes on with what it had before.\n"
            twice = tebura("back", *where)
            assert (twice.exit_code, "was taken back already" in twice.stderr) == (2, True)
            shutil.copytree(before_the_kill, theatre.folder, dirs_exist_ok=True)
            late = tebura("update", *where)
            assert late.stdout == "The shop goes on with bundle 2.\n", "it was killed before the shop was told"
            assert tebura("back", *where).exit_code == 0
            assert (theatre.folder / "store.toml").read_bytes() == FILES["store.toml"]
            again = tebura("update", *where)
            assert again.exit_code == 2
            assert "bundle 2 was taken back here" in again.stderr
            assert tebura("update", *where, "--again").exit_code == 0
            moved = FILES["planogram.csv"].splitlines(keepends=True)
            publisher.publish(FILES | {"planogram.csv": b"".join(moved[:-1])})
            refused = tebura("update", *where)
            assert refused.exit_code == 2
            assert "the running shop cannot take this" in refused.stderr
            assert (theatre.folder / "planogram.csv").read_bytes() == FILES["planogram.csv"]
    away = tebura("update", *where)
    assert "cannot be reached" in away.stderr


def test_a_shop_that_is_too_busy_to_answer_is_not_taken_for_one_that_does_not_run(
    tmp_path: Path, publisher: Publisher
) -> None:
    """A planogram under its feet is what it would get."""
    shop, state = tmp_path / "shop", tmp_path / "state"
    for folder in (shop, state):
        folder.mkdir()
    for name, data in FILES.items():
        (shop / name).write_bytes(data)
    shutil.copy(publisher.root, shop / "root.json")
    (shop / "site.toml").write_text(f'[bundles]\naddress = "{publisher.repository}"\n')
    publisher.publish(with_charge_at(b"0.90"))

    def hangs_up(_: dict[str, object]) -> dict[str, object]:
        raise ConnectionError

    for says in (lambda _: {"error": "the shop is busy"}, hangs_up):
        desk = Desk(state, says)
        desk.open()
        try:
            done = tebura("update", "--store", shop, "--state", state)
        finally:
            desk.close()
        assert (done.exit_code, "nothing has changed" in done.stderr) == (2, True), (done.output, done.exception)
        assert read_folder(shop) == FILES


def test_what_the_running_shop_refuses_leaves_every_file_as_it_was(tmp_path: Path, publisher: Publisher) -> None:
    """Somebody has changed the policy by hand, in a way that needs a restart, and nobody has restarted it."""

    def blind(files: dict[str, bytes]) -> dict[str, bytes]:
        return files | {"store.toml": files["store.toml"].replace(b"[policy]\n", b"[policy]\nappearance = false\n")}

    theatre = Theatre(tmp_path / "shop", FILES, f'[bundles]\naddress = "{publisher.repository}"\n')
    with closing(theatre):
        where = ("--store", theatre.folder, "--state", theatre.state)
        shutil.copy(publisher.root, theatre.folder / "root.json")
        theatre.start()
        publisher.publish(with_charge_at(b"0.90"))
        assert tebura("update", *where).exit_code == 0
        by_hand = blind(with_charge_at(b"0.90"))
        (theatre.folder / "store.toml").write_bytes(by_hand["store.toml"])
        number = publisher.publish(blind(with_charge_at(b"0.91")))
        (theatre.folder / ".bundle-before.json").write_bytes(packed("demo", blind(FILES)))
        for command in ("update", "back"):
            refused = tebura(command, *where)
            assert refused.exit_code == 2, refused.stdout
            assert "policy.appearance: cannot change while the shop runs" in refused.stderr
            assert "the shop refuses it, and goes on as it was" in refused.stderr
            assert read_folder(theatre.folder) == by_hand
        assert number_of(theatre.folder) == -number
        (theatre.folder / "lots.csv").write_bytes(b"\x8f\xa4\x95i\n")
        unread = tebura("update", *where, "--again")
        assert unread.exit_code == 2
        assert "lots.csv is not text in UTF-8. Save it anew; nothing has changed" in unread.stderr


def test_a_fault_is_told_before_anything_is_signed(tmp_path: Path, publisher: Publisher) -> None:
    ill = tmp_path / "ill"
    ill.mkdir()
    for name, data in with_charge_at(b"7").items():
        (ill / name).write_bytes(data)
    done = tebura("publish", publisher.keys, publisher.repository, DEMO, ill)
    assert done.exit_code == 2
    assert "policy.charge_at" in done.stderr
    assert not list(publisher.repository.glob("targets/*"))
    over = tebura("keys", publisher.keys, publisher.repository)
    assert over.exit_code == 2
    assert "keys and repositories are not overwritten" in over.stderr


def test_whoever_publishes_is_told_what_no_shop_could_take(tmp_path: Path, publisher: Publisher) -> None:
    """Before anything is signed: a stranger's keys, no repository, two folders of one shop, a file that only later
    would be found broken, and keys that a web server would give away.
    """
    mine, twin = tmp_path / "mine", tmp_path / "twin"
    for folder in (mine, twin):
        folder.mkdir()
        for name, data in FILES.items():
            (folder / name).write_bytes(data)
    stranger = Publisher(tmp_path / "stranger-of")
    before = sorted(publisher.repository.rglob("*"))
    for words, told in (
        (("publish", stranger.keys, publisher.repository, mine), "is no key of"),
        (("refresh", stranger.keys, publisher.repository), "is no key of"),
        (("publish", publisher.keys, tmp_path / "nowhere", mine), "is no repository of bundles"),
        (("refresh", publisher.keys, tmp_path / "nowhere"), "is no repository of bundles"),
        (("publish", publisher.keys, publisher.repository, mine, twin), "are both the shop demo"),
        (("keys", tmp_path / "one", tmp_path / "one"), "lie in one another"),
        (("keys", tmp_path / "one" / "keys", tmp_path / "one"), "lie in one another"),
    ):
        done = tebura(*words)
        assert (done.exit_code, told in done.stderr) == (2, True), (words, done.output, done.exception)
    for name in ("lots.csv", "supply.csv"):
        (mine / name).write_text("what is this?\n")
        done = tebura("publish", publisher.keys, publisher.repository, mine)
        assert (done.exit_code, name in done.stderr) == (2, True), done.output
        (mine / name).unlink()
    assert sorted(publisher.repository.rglob("*")) == before
    assert not (tmp_path / "one").exists()


# --- whoever would cheat ----------------------------------------------------------------------------------------------


def test_what_is_older_than_what_was_seen_is_refused(publisher: Publisher, known: Path, tmp_path: Path) -> None:
    publisher.publish(FILES)
    shutil.copytree(publisher.repository, tmp_path / "old")
    publisher.publish(with_charge_at(b"0.90"))
    assert fetched(publisher, known).number == 3
    shutil.rmtree(publisher.repository)
    shutil.copytree(tmp_path / "old", publisher.repository)
    with pytest.raises(NotFetched, match="or older than what was there before"):
        fetched(publisher, known)


def test_what_nobody_vouches_for_any_more_is_refused_and_a_refresh_mends_it(publisher: Publisher, known: Path) -> None:
    publisher.publish(FILES, NOW - timedelta(days=8))
    with pytest.raises(NotFetched, match="nobody has vouched"):
        fetched(publisher, known)
    (publisher.keys / "offline").rename(publisher.keys.parent / "safe")
    assert room.refresh(publisher.keys, publisher.repository, NOW) > NOW
    assert fetched(publisher, known).number == 2


def test_what_does_not_belong_together_is_refused(publisher: Publisher, known: Path) -> None:
    publisher.publish(FILES)
    old = publisher.metadata("2.targets.json").read_bytes()
    publisher.publish(with_charge_at(b"0.90"))
    publisher.metadata("3.targets.json").write_bytes(old)
    with pytest.raises(NotFetched, match="is not what its keys have signed"):
        fetched(publisher, known)


def test_whoever_steals_the_online_key_gives_no_shop_another_price(publisher: Publisher, known: Path) -> None:
    publisher.publish(FILES)
    thief = room._read_signer(publisher.keys / "online.pem")
    forged = packed("demo", with_charge_at(b"0.51"))
    targets: Metadata[Targets] = Metadata.from_file(str(publisher.metadata("2.targets.json")))
    target = TargetFile.from_data("demo/bundle.json", forged, ["sha256"])
    targets.signed.targets["demo/bundle.json"] = target
    targets.signed.version = 3
    targets.sign(thief)
    targets.to_file(str(publisher.metadata("3.targets.json")))
    place = publisher.repository / "targets" / "demo" / f"{target.hashes['sha256']}.bundle.json"
    place.write_bytes(forged)
    room._stamp(publisher.repository, thief, 3, NOW)
    with pytest.raises(NotFetched, match="is not what its keys have signed"):
        fetched(publisher, known)


def test_another_file_under_the_same_name_is_refused(publisher: Publisher, known: Path) -> None:
    publisher.publish(FILES)
    (there,) = (publisher.repository / "targets" / "demo").iterdir()
    there.write_bytes(there.read_bytes().replace(b"0.80", b"0.51"))
    with pytest.raises(NotFetched, match="is not what its keys have signed"):
        fetched(publisher, known)


def test_keys_that_root_does_not_name_are_nobodys(publisher: Publisher, known: Path, tmp_path: Path) -> None:
    stranger = Publisher(tmp_path / "stranger")
    stranger.publish(FILES)
    stranger.root = publisher.root
    with pytest.raises(NotFetched, match="is not what its keys have signed"):
        fetched(stranger, known)


def test_another_shops_bundle_is_refused(publisher: Publisher, known: Path) -> None:
    publisher.publish(FILES, store="other")
    with pytest.raises(BrokenBundle, match="is 'other''s and this shop is 'demo'"):
        fetched(publisher, known)
    with pytest.raises(BrokenBundle, match="which no bundle may"):
        unpacked(packed("demo", FILES).replace(b'"prices.csv"', b'"../site.toml"'), "demo")


# --- kills ------------------------------------------------------------------------------------------------------------


def test_a_kill_leaves_all_of_the_old_or_all_of_the_new(tmp_path: Path) -> None:
    old, new = with_charge_at(b"0.80"), with_charge_at(b"0.90")
    new["catalogue.csv"] = new["catalogue.csv"] + b"\n"
    del new["prices.csv"]
    bundle = unpacked(packed("demo", new), "demo")
    chance, ends, takes_s = random.Random(4), set(), 0.0
    for number in range(61):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, data in old.items():
            (folder / name).write_bytes(data)
        child = os.fork()
        if not child:
            apply(folder, bundle, 5)
            os._exit(0)
        if number == 0:  # how long it takes here, when nobody disturbs it
            began_s = time.monotonic()
            os.waitpid(child, 0)
            takes_s = time.monotonic() - began_s
        else:
            threading.Event().wait(chance.uniform(0.0, 1.5 * takes_s))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        resume(folder)
        there = read_folder(folder)
        assert there in (old, new)
        assert number_of(folder) == (5 if there == new else 0)
        ends.add(there == new)
    assert ends == {True, False}, "the kills came too early or too late"
