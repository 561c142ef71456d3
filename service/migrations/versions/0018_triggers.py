"""What started a retraining, of which model, and one at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_IN_FLIGHT = sa.text("state IN ('queued', 'running', 'shadowing')")


def upgrade() -> None:
    """Take the step; of retrainings that wait, all but the first are called off, as they would be refused now."""
    with op.batch_alter_table("retrainings") as retrainings:
        retrainings.add_column(sa.Column("trigger", sa.String(length=16), nullable=False, server_default="manual"))
        retrainings.add_column(sa.Column("model", sa.String(length=16), nullable=False, server_default="detector"))
    with op.batch_alter_table("retrainings") as retrainings:
        retrainings.alter_column("trigger", server_default=None)
        retrainings.alter_column("model", server_default=None)
    _call_off_all_but_the_first()
    op.create_index(
        "one_retraining_in_flight",
        "retrainings",
        ["model"],
        unique=True,
        sqlite_where=_IN_FLIGHT,
        postgresql_where=_IN_FLIGHT,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("one_retraining_in_flight", "retrainings")
    with op.batch_alter_table("retrainings") as retrainings:
        retrainings.drop_column("model")
        retrainings.drop_column("trigger")


def _call_off_all_but_the_first() -> None:
    retrainings = sa.table(
        "retrainings",
        *(sa.column(name) for name in ("id", "state", "created_at", "error")),
        sa.column("finished_at", sa.DateTime(timezone=True)),
    )
    # "running" sorts after "queued".
    waiting = sa.select(retrainings.c.id).where(_IN_FLIGHT).order_by(sa.desc("state"), "created_at")
    later = op.get_bind().scalars(waiting).all()[1:]
    called_off = {
        "state": "cancelled",
        "finished_at": sa.func.current_timestamp(),
        "error": "called off by an upgrade: one retraining at a time since then; order it again",
    }
    op.execute(retrainings.update().where(retrainings.c.id.in_(later)).values(called_off))
