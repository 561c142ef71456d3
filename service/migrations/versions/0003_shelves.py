"""The shelves of a capture."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("captures") as captures:
        captures.add_column(sa.Column("shelves", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("captures") as captures:
        captures.alter_column("shelves", server_default=None)
