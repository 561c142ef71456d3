"""The value of a capture counts all of its facings, where it counted the ten that were the most unsure."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Let a worker renew what would have another value now, as if a former starter had left it."""
    op.execute("UPDATE signatures SET model_version = 0 WHERE model_version > 0 AND coalesce(facings, 11) > 10")


def downgrade() -> None:
    """Leave them: what was renewed is renewed again after the next promotion."""
