"""Who saw what, and what was deleted when."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take it back."""
