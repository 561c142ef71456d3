"""Snapshots in the records."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "snapshots",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("class_mode", sa.String(length=16), nullable=False),
        sa.Column("split_rule", sa.String(length=300), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("annotation_ids", sa.JSON(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_snapshots_frozen_at", "snapshots", ["frozen_at"])


def downgrade() -> None:
    """Take it back; manifests that are not beside a retraining's files are lost."""
    op.drop_table("snapshots")
