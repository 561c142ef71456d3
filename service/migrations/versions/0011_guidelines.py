"""Guidelines in versions, and pilots."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take it back."""
