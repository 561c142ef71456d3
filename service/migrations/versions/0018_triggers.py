"""What starts a retraining, and one at a time."""

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take it back."""
