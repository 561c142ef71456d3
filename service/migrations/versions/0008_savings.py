"""What the sampler saved, round by round, and which recipe each pick comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("picks") as batch_op:
        batch_op.add_column(sa.Column("recipe", sa.String(length=32), nullable=True))
    op.create_table(
        "savings",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("newest_annotation", sa.String(length=32), nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.Column("embedder_id", sa.String(length=100), nullable=True),
        sa.Column("of_round", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("so_far", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("losses", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"]),
        sa.PrimaryKeyConstraint("round_id"),
    )
    op.create_table(
        "facing_vectors",
        sa.Column("embedder_id", sa.String(length=100), nullable=False),
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["embedder_id"], ["embedders.id"]),
        sa.ForeignKeyConstraint(["annotation_id"], ["annotations.id"]),
        sa.PrimaryKeyConstraint("embedder_id", "annotation_id"),
    )


def downgrade() -> None:
    """Take it back; everything here can be measured again."""
    op.drop_table("facing_vectors")
    op.drop_table("savings")
    with op.batch_alter_table("picks") as batch_op:
        batch_op.drop_column("recipe")
