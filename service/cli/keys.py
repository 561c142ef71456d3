"""`shelfloop keys`: API keys, directly in the database, so that there can be a first one."""

from typing import Annotated

import typer
from rich.table import Column, Table

from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.auth.queries import list_keys, revoke_key
from service.cli.records import records
from service.cli.terminal import fail, output
from service.context import utc_now
from service.naming.policy import UnknownPolicy
from service.settings import Settings

app = typer.Typer(help="API keys, made directly in the database.", no_args_is_help=True)


@app.command()
def create(
    role: Annotated[Role, typer.Option(help="What the key's holder is.")],
    name: Annotated[str, typer.Option(help="Who or what will hold it.")],
    store: Annotated[list[str] | None, typer.Option(help="Limit it to this store; may be repeated.")] = None,
    unknown_policy: Annotated[
        UnknownPolicy, typer.Option(help="What its holder wants done about unknown products.")
    ] = UnknownPolicy.REVIEW,
) -> None:
    """Make a key and print it, once."""
    with records(Settings()) as database, database.write() as session:
        _, key = issue_key(
            session, name=name, role=role, store_ids=store or None, now=utc_now(), unknown_policy=unknown_policy
        )
    output.print(key)


@app.command(name="list")
def list_all() -> None:
    """List all keys."""
    table = Table(Column("id", no_wrap=True, min_width=32), "name", "role", "stores", "created", "revoked")
    with records(Settings()) as database, database.read() as session:
        for key in list_keys(session):
            stores = "all" if key.store_ids is None else ", ".join(key.store_ids)
            revoked = f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else ""
            table.add_row(key.id, key.name, key.role, stores, f"{key.created_at:%Y-%m-%d %H:%M}", revoked)
    output.print(table)


@app.command()
def revoke(id: Annotated[str, typer.Argument(help="The key's id, from 'shelfloop keys list'.")]) -> None:
    """End a key, at once and for good."""
    with records(Settings()) as database, database.write() as session:
        if not revoke_key(session, id, utc_now()):
            fail(f"There is no key {id}.", "'shelfloop keys list' shows the keys there are.")
