"""Alembic's entry: runs the steps on the connection, and in the transaction, that `service.migrations` opened."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from service.migrations import is_comparable
from service.records import Record, UtcDateTime


def _render(kind: str, item: Any, _autogenerate: AutogenContext) -> str | Literal[False]:
    """Write our own type as the column it makes: a step must not change when code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    transactional_ddl=True,
    render_as_batch=True,
    render_item=_render,
    include_object=is_comparable,
)
with context.begin_transaction():
    context.run_migrations()
