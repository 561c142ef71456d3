"""Candidates in shadow, and how models do in service."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take it back."""
