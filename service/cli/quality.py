"""`shelfloop quality`: agreement, accuracy and reviews, through a running service."""

import typer
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="See how good labels are.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"


@app.command()
def agreement(key: Key, url: Url = LOCAL, days: int = 90) -> None:
    """Show how alike annotators label, at each boundary."""
    answer = call(url, key, "GET", "/v1/agreement", params={"days": days}).json()
    table = Table("boundary", "alpha", "95 %", "same answers", "decisions")
    for one in answer["boundaries"]:
        interval = "" if one["low"] is None else f"{one['low']:.2f} to {one['high']:.2f}"
        table.add_row(
            one["boundary"], _rounded(one["alpha"]), interval, _rounded(one["observed"]), str(one["decisions"])
        )
    output.print(table)
    output.print(f"{answer['tasks']} tasks by {answer['annotators']} annotators.")


@app.command()
def annotators(key: Key, url: Url = LOCAL, days: int = 90, boundary: str = "product") -> None:
    """Show how right annotators are on hidden gold, at one boundary."""
    table = Table("annotator", "labelled", f"right: {boundary}", "95 %", "answers")
    for one in call(url, key, "GET", "/v1/annotators", params={"days": days}).json():
        at = next((found for found in one["boundaries"] if found["boundary"] == boundary), None)
        measured = (_rounded(at["accuracy"]), f"{at['low']:.2f} to {at['high']:.2f}", str(at["answers"])) if at else ()
        table.add_row(one["name"], str(one["labelled"]), *measured)
    output.print(table)


@app.command()
def reviews(key: Key, url: Url = LOCAL, state: str = "queued") -> None:
    """List reviews: queued, leased or decided."""
    table = Table("task", "store", "why", "decision")
    for one in call(url, key, "GET", "/v1/reviews", params={"state": state}).json():
        table.add_row(one["task_id"], one["store_id"], one["reason"], one["decision"] or "")
    output.print(table)


def _rounded(number: float | None) -> str:
    return "" if number is None else f"{number:.2f}"
