"""Commands about visits' money: payment list, show, retry, release, refund, repaid, papers, debts, payout,
tab, settle.

What became of it is read from the book, whether the shop runs or not. What somebody decides goes to the running shop,
which records it like everything that moves money.
"""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.deciding import AsJson, By, decide, reading_book, told_money, typed_lines, warn_unwritten
from edge.cli.languages import Language
from edge.cli.live import StateFolder, StoreFolder, ask_shop, folder_of, named
from edge.cli.terminal import refuse

if TYPE_CHECKING:
    from edge.ledger import Book
    from edge.payment import Settlement

app = typer.Typer(help="What became of visits' money, and who owes what.", no_args_is_help=True)

Visit = Annotated[str, typer.Argument(help="Which, as `tebura payment list` names it.")]


@app.command("list")
def list_(
    store: StoreFolder,
    state: StateFolder = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Payments that are not over: under way, unanswered, declined, disputed, to be given back."""
    from edge.cli.paid import table_of
    from edge.facts.payments import digits_in, payment_of
    from edge.ledger import not_over, payments

    with reading_book(folder_of(store, state)) as book:
        rows = [payment_of(settlement) for settlement in (payments(book) if all_ else not_over(book)).values()]
        digits = digits_in(book)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("No payment has happened yet." if all_ else "Every payment is over.")
    else:
        from rich.console import Console

        Console().print(table_of(rows, digits))


@app.command()
def show(visit: Visit, store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """Everything that was asked for about one visit, and what became of it."""
    from edge.cli.paid import told
    from edge.facts.payments import digits_in, payment_of

    with reading_book(folder_of(store, state)) as book:
        row = payment_of(_known(book, visit, named(store, state)))
        digits = digits_in(book)
    typer.echo(json.dumps(row, ensure_ascii=False) if as_json else told(row, digits, named(store, state)))


@app.command()
def retry(visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "", as_json: AsJson = False) -> None:
    """Look up what was not answered; or ask once more, under a new key, for what was declined or not given back."""
    answer = decide(store, state, visit, "retry", by)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"The provider is asked again about {answer['subject']}'s {visit}.")


@app.command()
def release(
    visit: Visit, store: StoreFolder, state: StateFolder = None, *, by: By = "", as_json: AsJson = False
) -> None:
    """Let go of what is reserved for a visit in review; what it owes is charged when somebody has decided."""
    answer = decide(store, state, visit, "release", by)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"What is reserved of {answer['subject']}'s money for {visit} is let go of.")


@app.command()
def refund(
    visit: Visit,
    store: StoreFolder,
    state: StateFolder = None,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="correction: it was never taken; return: it was brought back.")
    ],
    line: Annotated[
        list[str] | None,
        typer.Option("--line", help="This alone, like onigiri-salmon=2; several times for several. All without it."),
    ] = None,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take back what was charged, whole or by line: paid money goes back, what is owed is lowered."""
    if reason not in ("correction", "return"):
        refuse(f"{reason!r} is no reason. Say correction (it was never taken) or return (it was brought back)")
    lines = typed_lines(line or (), "takes back")
    answer = decide(store, state, visit, "refund", by, lines=lines, reason=reason)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    back = told_money({**answer, "total_minor": answer["refundable_minor"]})
    off = told_money({**answer, "total_minor": answer["lowered_minor"]})
    what = [f"{back} go back to {answer['subject']}"] if answer["refundable_minor"] else []
    what += [f"{off} in all were taken off what {answer['subject']} owes"] if answer["lowered_minor"] else []
    typer.echo(f"{visit}: {'; '.join(what) or 'nothing was to be given back'}.")


@app.command()
def repaid(
    visit: Visit,
    store: StoreFolder,
    state: StateFolder = None,
    *,
    how: Annotated[str, typer.Option("--how", help="cash, or transfer.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Write down that you have given back yourself what the provider could not: it is not tried again."""
    if how not in ("cash", "transfer"):
        refuse(f"{how!r} is no way to give money back. Say cash or transfer")
    answer = decide(store, state, visit, "repaid", by, how=how)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    given = told_money({**answer, "total_minor": answer["repaid_minor"]})
    words = "in cash" if how == "cash" else "by transfer"
    typer.echo(f"{visit}: {given} were given back to {answer['subject']} {words}.")


@app.command()
def papers(
    visit: Visit, store: StoreFolder, state: StateFolder = None, *, language: Language = "", as_json: AsJson = False
) -> None:
    """What a shopper is given of what was taken back: a return invoice, or a corrected receipt, for each time."""
    from edge.checkout import paper_json, paper_text
    from edge.payment import papers_of

    with reading_book(folder_of(store, state)) as book:
        _known(book, visit, named(store, state))
        found = papers_of(written.entry for written in book.entries(visit=visit))
    if as_json:
        typer.echo(json.dumps([paper_json(paper, language) for paper in found], ensure_ascii=False))
    elif not found:
        typer.echo(f"Nothing of {visit} was taken back. `tebura ledger receipt {visit}` prints its receipt.")
    for paper in () if as_json else found:
        typer.echo(paper_text(paper, language))


@app.command()
def payout(
    amount: Annotated[str, typer.Argument(help="What came to the bank, like 12345 or 123.45.")],
    store: StoreFolder,
    state: StateFolder = None,
    *,
    fee: Annotated[
        str, typer.Option("--fee", help="What the provider kept of it, beyond what it told with its payments.")
    ] = "0",
    note: Annotated[str, typer.Option("--note", help="What the bank's statement calls it.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Book what the payment provider has paid out, as the bank's statement says it."""
    who = by or getpass.getuser()
    wanted = {"do": "payout", "amount": amount, "fee": fee, "note": note, "by": who}
    answer = ask_shop(store, state, wanted)
    warn_unwritten(answer, store, state)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    came = told_money({**answer, "total_minor": answer["amount_minor"]})
    left = told_money({**answer, "total_minor": answer["owed_minor"]})
    typer.echo(f"{came} came from the payment provider; by the book it still owes {left}.")


@app.command()
def tab(
    store: StoreFolder,
    subject: Annotated[str, typer.Argument(help="Whose, line by line; all without it.", metavar="[SUBJECT]")] = "",
    state: StateFolder = None,
    *,
    month: Annotated[str, typer.Option("--month", help="This alone, like 2026-11; all of it without.")] = "",
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a payroll or a spreadsheet.")] = False,
) -> None:
    """What members have on their tabs: put on, given back, settled, and what is open."""
    from edge.cli.tabs import csv_of_statement, csv_of_tabs, table_of_statement, table_of_tabs
    from edge.facts.payments import digits_in
    from edge.facts.tabs import ALWAYS, month_of, statement_of, subjects, tabs_in
    from edge.ledger.sales import timezone_of

    if as_json and as_csv:
        refuse("say --json or --csv, not both")
    with reading_book(folder_of(store, state)) as book:
        timezone, digits = timezone_of(book) or "UTC", digits_in(book)
        try:
            span = month_of(month, timezone) if month else ALWAYS
        except ValueError as error:
            refuse(str(error))
        if subject and subject not in subjects(book):
            whose = f"`tebura payment tab {named(store, state)}` shows whose there is"
            refuse(f"nothing was ever put on a tab of {subject}'s. {whose}")
        rows = [] if subject else tabs_in(book, span)
        one = statement_of(book, subject, span) if subject else None
    if as_json:
        typer.echo(json.dumps(rows if one is None else one, ensure_ascii=False))
    elif as_csv:
        typer.echo(csv_of_tabs(rows, digits) if one is None else csv_of_statement(one, digits, timezone), nl=False)
    elif one is None and not rows:
        typer.echo("Nobody has anything on a tab.")
    else:
        from rich.console import Console

        Console().print(table_of_tabs(rows, digits) if one is None else table_of_statement(one, digits, timezone))


@app.command()
def settle(
    subject: Annotated[str, typer.Argument(help="Who has paid, as `tebura payment tab` names them.")],
    amount: Annotated[str, typer.Argument(help="What they have paid of their tab, like 4200 or 42.50.")],
    store: StoreFolder,
    state: StateFolder = None,
    *,
    how: Annotated[
        str, typer.Option("--how", help="payroll, transfer, cash; or written-off, with a --note that says why.")
    ],
    note: Annotated[str, typer.Option("--note", help="What the payroll or the bank's statement calls it.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Book what a member has paid of their tab, or that they never will."""
    who = by or getpass.getuser()
    wanted = {"do": "settle", "subject": subject, "amount": amount, "how": how, "note": note, "by": who}
    answer = ask_shop(store, state, wanted)
    warn_unwritten(answer, store, state)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    paid = told_money({**answer, "total_minor": answer["amount_minor"]})
    left = told_money({**answer, "total_minor": answer["open_minor"]})
    what = f"{paid} of {subject}'s tab are written off" if how == "written-off" else f"{subject} has paid {paid}"
    typer.echo(f"{what}; {left} are open on the tab.")


@app.command()
def debts(store: StoreFolder, state: StateFolder = None, *, as_json: AsJson = False) -> None:
    """Who owes what: payments that were declined, and what is not collected yet."""
    from edge.cli.paid import table_of_debts
    from edge.facts.payments import debts_in, digits_in
    from edge.ledger import who_waits

    with reading_book(folder_of(store, state)) as book:
        rows = debts_in(book, who_waits(book).values())
        digits = digits_in(book)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("Nobody owes anything.")
    else:
        from rich.console import Console

        Console().print(table_of_debts(rows, digits))


def _known(book: Book, visit: str, options: str) -> Settlement:
    from edge.ledger import settlement_in

    settlement = settlement_in(book, visit)
    if settlement is None:
        inside = any(True for _ in book.entries(visit=visit))
        what = "has not ended yet" if inside else "is no visit of this shop's book"
        refuse(f"{visit} {what}. `tebura payment list --all {options}` shows those that have")
    return settlement
