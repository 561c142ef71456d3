"""Advice to take a photo again, and the measurements of its condition."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("captures") as captures:
        captures.add_column(sa.Column("colour_temperature", sa.Double(), nullable=True))
        captures.add_column(sa.Column("yaw", sa.Double(), nullable=True))
        captures.add_column(sa.Column("retake", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("captures") as captures:
        captures.alter_column("retake", server_default=None)
