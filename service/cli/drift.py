"""`shelfloop drift`: what moved, through a running service."""

import typer
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

LOCAL = "http://127.0.0.1:8000"


def drift(key: Key, url: Url = LOCAL) -> None:
    """Say which cameras' photos changed, and what moved; ends with 1 where a retraining is advised."""
    answer = call(url, key, "GET", "/v1/drift").json()
    table = Table("store", "camera", "", "since", "what moved")
    for scope in answer["scopes"]:
        moved = "; ".join(signal["words"] for signal in scope["signals"] if signal["moved"])
        state = "moved" if scope["drifted"] else "too early to tell" if scope["undecided"] else "calm"
        since = (scope["since"] or "")[:10]
        table.add_row(scope["store_id"], scope["camera_id"] or "all", state, since, moved or scope["undecided"])
    output.print(table)
    if answer["retraining_advised"]:
        output.print(f"A retraining is advised: {answer['reason']}.")
        raise typer.Exit(1)
