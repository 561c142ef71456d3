"""Clips, and the events in them."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take it back."""
