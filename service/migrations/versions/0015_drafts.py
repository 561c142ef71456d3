"""Drafts of annotations, and verdicts by people."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take it back."""
