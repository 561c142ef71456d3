"""`shelfloop database`: the tables of the records."""

from contextlib import closing
from typing import Annotated

import typer

from service import migrations
from service.cli.terminal import output
from service.context import open_database
from service.settings import Settings

app = typer.Typer(help="The tables of the records.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the tables up to date; needed before the first start with PostgreSQL, and after each new release."""
    with closing(open_database(Settings())) as database:
        migrations.upgrade(database)
    output.print("The database is up to date.")


@app.command()
def revise(what: Annotated[str, typer.Argument(help="What changed, in a few words.")]) -> None:
    """For developers: write the next migration from the difference between the database and the code."""
    with closing(open_database(Settings())) as database:
        migrations.upgrade(database)
        output.print(f"Wrote {migrations.revise(database, what)}. Read it before you keep it.")
