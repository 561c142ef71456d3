"""Projects in Label Studio, and what came back from them."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take it back."""
