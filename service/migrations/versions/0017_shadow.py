"""Candidates in shadow, and how models do in service."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "shadows",
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("champion_version", sa.Integer(), nullable=False),
        sa.Column("retraining_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("seen_until", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("holder", sa.String(length=100), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["model_version"], ["models.version"]),
        sa.ForeignKeyConstraint(["retraining_id"], ["retrainings.id"]),
        sa.PrimaryKeyConstraint("model_version"),
    )
    op.create_index("ix_shadows_state", "shadows", ["state"])
    op.create_table(
        "shadow_captures",
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("only_champion", sa.Integer(), nullable=False),
        sa.Column("only_candidate", sa.Integer(), nullable=False),
        sa.Column("other_kind", sa.Integer(), nullable=False),
        sa.Column("other_product", sa.Integer(), nullable=False),
        sa.Column("disagreement", sa.Double(), nullable=False),
        sa.Column("confidence_shift", sa.Double(), nullable=True),
        sa.Column("champion_ms", sa.Double(), nullable=True),
        sa.Column("candidate_ms", sa.Double(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"]),
        sa.ForeignKeyConstraint(["model_version"], ["shadows.model_version"]),
        sa.PrimaryKeyConstraint("model_version", "capture_id"),
    )
    op.create_index("shadow_captures_worst", "shadow_captures", ["model_version", "disagreement"])
    op.create_table(
        "model_uses",
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("server", sa.String(length=32), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("model_version", "minute", "server"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("model_uses")
    op.drop_table("shadow_captures")
    op.drop_table("shadows")
