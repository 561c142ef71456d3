"""`shelfloop coverage`: what the labels show and what they do not, from a running service."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

LOCAL = "http://127.0.0.1:8000"


def coverage(
    key: Key,
    url: Url = LOCAL,
    category: Annotated[
        list[str] | None, typer.Option(help="Only below this node: its path, an option for each part.")
    ] = None,
    round_id: Annotated[str | None, typer.Option("--round", help="What this round's batch covers.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows at most.")] = 30,
    audit: Annotated[
        bool, typer.Option("--audit", help="Compare cameras with the serving model's training set.")
    ] = False,
) -> None:
    """Say which categories have few labels in which conditions; those that the pool shows most come first."""
    if audit:
        _audit(call(url, key, "GET", "/v1/coverage/audit").json(), limit)
        return
    path = f"/v1/rounds/{round_id}/coverage" if round_id else "/v1/coverage"
    answer = call(url, key, "GET", path, params={"category": category or []}).json()
    output.print(escape(answer["sentence"]))
    thin = [cell for cell in answer["cells"] if cell["labelled"] < answer["thin_below"]]
    thin.sort(key=lambda cell: (-cell["pool"], cell["labelled"]))
    if thin:
        output.print(_table(thin[:limit], with_batch=round_id is not None))
    if len(thin) > limit:
        output.print(f"{len(thin) - limit} more thin combinations; --limit shows them.")


def _audit(answer: dict[str, Any], limit: int) -> None:
    """Print which photos to get next, then how old, how redundant and how dear labels are."""
    output.print(escape(answer["sentence"]))
    for place, advice in enumerate(answer["next"][:limit], start=1):
        output.print(escape(f"{place}. {advice['words']}"))
    for said in (answer["freshness"]["sentence"], answer["redundancy"]["sentence"], answer["point_cost"]["words"]):
        output.print(escape(said))


def _table(cells: list[dict[str, Any]], *, with_batch: bool) -> Table:
    counts = ("labelled", "queued", *(["batch"] if with_batch else []), "pool")
    table = Table("category", "light", "angle", "format", box=None, header_style="bold", pad_edge=False)
    for name in counts:
        table.add_column(name, justify="right")
    for cell in cells:
        where = (cell[name] for name in ("lighting", "angle", "format"))
        table.add_row(escape(" > ".join(cell["category"])) or "unknown", *where, *(str(cell[name]) for name in counts))
    return table
