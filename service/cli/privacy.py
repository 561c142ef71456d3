"""`shelfloop privacy`: who saw what, how long pictures are kept, and what is deleted."""

from typing import Annotated

import typer
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output
from service.privacy.retention import Kind

app = typer.Typer(help="Privacy: who saw what, retention, and proof of deletion.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
_SEEN = ("key_id", "day", "what", "subject_id", "store_id", "times", "last_at")


@app.command()
def views(
    key: Key,
    url: Url = LOCAL,
    capture: Annotated[str | None, typer.Option(help="Only of this capture or clip.")] = None,
    holder: Annotated[str | None, typer.Option(help="Only of the key with this id.")] = None,
) -> None:
    """List who was shown which pictures, and who was refused what, the latest first."""
    wanted = {name: id for name, id in (("subject_id", capture), ("key_id", holder)) if id}
    table = Table("key", "day", "saw", "of", "store", "times", "last")
    for one in call(url, key, "GET", "/v1/views", params=wanted).json():
        table.add_row(
            *(str(one[name]) for name in ("key_id", "day", "what", "subject_id", "store_id", "times")), one["last_at"]
        )
    output.print(table)
    if capture is None:
        refused = Table("key", "day", "refused", "why", "times")
        for one in call(url, key, "GET", "/v1/refusals", params={"key_id": holder} if holder else {}).json():
            refused.add_row(*(str(one[name]) for name in ("key_id", "day", "asked", "code", "times")))
        output.print(refused)


@app.command()
def retention(
    key: Key,
    url: Url = LOCAL,
    kind: Annotated[Kind | None, typer.Option(help="Set the rule for this.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="From receipt; left out, the rule is lifted.")] = None,
    store: Annotated[str | None, typer.Option(help="Of this store alone.")] = None,
) -> None:
    """Show how long pictures are kept, or set one rule."""
    if kind is None:
        rules = call(url, key, "GET", "/v1/retention").json()
    else:
        wanted = {"store_id": store, "kind": kind.value, "days": days}
        rules = call(url, key, "PUT", "/v1/retention", json=wanted).json()
    table = Table("store", "what", "days", "set by", "at")
    for rule in rules:
        table.add_row(rule["store_id"] or "all others", rule["kind"], str(rule["days"]), rule["by"], rule["at"])
    output.print(table if rules else "Everything is kept until somebody sets a rule.")


@app.command()
def deletions(
    key: Key, url: Url = LOCAL, store: Annotated[str | None, typer.Option(help="Of this store.")] = None
) -> None:
    """List what was deleted because its time was over, with the proof that nothing is left."""
    table = Table("capture or clip", "store", "deleted", "proved", "left")
    for one in call(url, key, "GET", "/v1/deletions", params={"store_id": store} if store else {}).json():
        left = ", ".join(one["left"])
        table.add_row(one["subject_id"], one["store_id"], one["at"], one["proved_at"] or "not yet", left)
    output.print(table)
