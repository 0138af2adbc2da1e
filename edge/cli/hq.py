"""Commands of headquarters: hq migrate, work, serve, shop add, shop list, staff add.

All of them go by one folder (``--folder``) with headquarters.toml; docs/headquarters.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.terminal import refuse, refuse_extra, refuse_store, say
from edge.shown import shown

if TYPE_CHECKING:
    from edge.headquarters.settings import Headquarters

app = typer.Typer(help="Headquarters of many shops: their books, and one page.", no_args_is_help=True)
shop = typer.Typer(help="Which shops there are.", no_args_is_help=True)
staff = typer.Typer(help="Who may see the page.", no_args_is_help=True)
app.add_typer(shop, name="shop")
app.add_typer(staff, name="staff")

Folder = Annotated[Path, typer.Option("--folder", help="The folder with headquarters.toml, seeds and staff.")]
HERE = Path()


@app.command()
def migrate(folder: Folder = HERE) -> None:
    """Bring the database up to this version, and write users.conf for NATS."""
    settings = _settings(folder)
    from edge.headquarters import schema

    with _database(settings) as conn:
        try:
            done = schema.migrate(conn)
        except schema.OtherSchema as error:
            refuse(str(error))
        path = _users(folder, conn)
    typer.echo(f"The database is of version {schema.VERSION}; {len(done)} migrations were applied.")
    typer.echo(f"{path} is what nats-server includes; it takes a new one with --signal reload.")


@app.command()
def work(folder: Folder = HERE) -> None:
    """Take what shops send, until somebody stops it; as many at once as are wanted, on any machine."""
    import asyncio
    import signal

    import psycopg

    settings = _settings(folder)
    from edge.daemon.screen import speak_plainly
    from edge.headquarters.schema import OtherSchema
    from edge.headquarters.work import Worker, check

    speak_plainly()
    try:
        check(settings)
    except OtherSchema as error:
        refuse(str(error))
    except psycopg.Error as error:
        say(f"the database does not answer yet ({str(error).strip()}); waiting for it")

    async def until_stopped() -> None:
        working = asyncio.create_task(Worker(settings).work())
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, working.cancel)
        await working

    try:
        asyncio.run(until_stopped())
    except asyncio.CancelledError:
        return
    except OtherSchema as error:
        refuse(str(error))


@app.command()
def serve(
    folder: Folder = HERE,
    *,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Instead of the one in headquarters.toml.")] = None,
) -> None:
    """Serve the page with one row a shop."""
    settings = _settings(folder)
    try:
        from edge.headquarters.serve import serve as serve_page
    except ImportError as error:
        refuse_extra(error, "headquarters")
    if port is not None:
        settings = settings.model_copy(update={"page": settings.page.model_copy(update={"port": port})})
    from edge.daemon.screen import speak_plainly

    speak_plainly()
    try:
        serve_page(settings, folder)
    except OSError as error:
        refuse(str(error))


@shop.command()
def add(
    store: Annotated[str, typer.Argument(help="The id in its store.toml.")],
    folder: Folder = HERE,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Where its seed is written; ID.nk without it.")] = None,
) -> None:
    """Let a shop in: write the seed with which it comes, and users.conf for NATS."""
    settings = _settings(folder)
    from pydantic import TypeAdapter, ValidationError

    from edge.headquarters.users import new_seed
    from edge.ledger.canon import FIRST_HASH
    from edge.store.settings import Id

    try:
        TypeAdapter(Id).validate_python(store)
    except ValidationError:
        refuse(f"{store!r} is no id of a shop. Use the one that stands in [store] of its store.toml")
    seed = out or Path(f"{store}.nk")
    with _database(settings) as conn:
        if conn.execute("SELECT 1 FROM shop WHERE store = %s", [store]).fetchone():
            refuse(f"{store} is here already. `tebura hq shop list` shows all")
        try:
            nkey = new_seed(seed)
        except OSError as error:
            refuse(f"{seed}: cannot be written ({error.strerror}). Name another file with --out")
        conn.execute("INSERT INTO shop (store, nkey, hash) VALUES (%s, %s, %s)", [store, nkey, FIRST_HASH])
        path = _users(folder, conn)
    typer.echo(f"{store} may come with {seed}: take it there, name it as credentials_file in [headquarters], and")
    typer.echo(f"delete it here. NATS knows the shop when it has read {path} again: nats-server --signal reload")


@shop.command("list")
def list_(folder: Folder = HERE) -> None:
    """Every shop, how much of its book is here, when it was heard last, and what is wrong."""
    with _database(_settings(folder)) as conn:
        rows = conn.execute("SELECT store, has, head, heard_at, fork_why FROM shop ORDER BY store").fetchall()
    for store, has, head, heard_at, why in rows:
        heard = f"heard {heard_at:%Y-%m-%d %H:%M:%S}" if heard_at else "never heard"
        typer.echo(shown(f"{store}  {has} entries  {max(0, head - has)} behind  {heard}{f'  {why}' if why else ''}"))
    if not rows:
        typer.echo("There is no shop yet. `tebura hq shop add ID` adds one.")


@staff.command("add")
def add_person(
    name: Annotated[str, typer.Argument(help="What colleagues call this person.")],
    folder: Folder = HERE,
    *,
    role: Annotated[list[str], typer.Option("--role", help="viewer, staff, manager or owner.")],
    password_file: Annotated[Path | None, typer.Option("--password-file", help="Asked for without it.")] = None,
) -> None:
    """Somebody who may log in to the page; `tebura staff … --state FOLDER` does the rest."""
    from edge.cli.staff import add as add_staff

    add_staff(name, role=role, password_file=password_file, state=folder)


def _settings(folder: Path) -> Headquarters:
    """The folder's settings; told, with every fault, where they cannot be used."""
    try:
        import nats  # noqa: F401 - all of this needs the extra: better said at once
        import psycopg  # noqa: F401
    except ImportError as error:
        refuse_extra(error, "headquarters")
    from edge.headquarters.settings import load
    from edge.store import BrokenStore

    try:
        return load(folder)
    except BrokenStore as error:
        refuse_store(str(folder), error)


def _database(settings: Headquarters) -> Any:
    import psycopg

    try:
        return psycopg.connect(settings.database, autocommit=True, connect_timeout=5)
    except psycopg.Error as error:
        refuse(f"the database cannot be used ({str(error).strip()}). Set database in headquarters.toml")


def _users(folder: Path, conn: Any) -> Path:
    from edge.headquarters.users import write_users

    shops = conn.execute("SELECT store, nkey FROM shop").fetchall()
    try:
        return write_users(folder, dict(shops))
    except OSError as error:
        refuse(f"{folder}: cannot be written to ({error.strerror}). Name headquarters' folder with --folder")
