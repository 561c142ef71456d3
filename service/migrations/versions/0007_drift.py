"""Drift: what moved, per store and camera."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "drifts",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captures", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=16), nullable=False),
        sa.Column("reference_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drifted", sa.Boolean(), nullable=False),
        sa.Column("p", sa.Double(), nullable=False),
        sa.Column("undecided", sa.String(length=300), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at_captures", sa.Integer(), nullable=True),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.Column("pairs", sa.JSON(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"]),
        sa.PrimaryKeyConstraint("store_id", "camera_id"),
    )
    op.create_index("captures_of_a_camera", "captures", ["store_id", "camera_id", "taken_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("captures_of_a_camera", "captures")
    op.drop_table("drifts")
