"""Planograms that several bays follow, in versions."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_AS_POSTGRESQL_NAMES = {"fk": "%(table_name)s_%(column_0_name)s_fkey"}


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "planograms",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "planogram_versions",
        sa.Column("planogram_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("store_format", sa.String(length=32), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("width", sa.Double(), nullable=True),
        sa.Column("shelves", sa.JSON(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["planogram_id"],
            ["planograms.id"],
        ),
        sa.PrimaryKeyConstraint("planogram_id", "version"),
    )
    with op.batch_alter_table("bays") as batch_op:
        batch_op.add_column(sa.Column("planogram_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("planogram_version", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_bays_planogram_id"), ["planogram_id"], unique=False)
        batch_op.create_foreign_key("bays_planogram_id_fkey", "planograms", ["planogram_id"], ["id"])
    op.create_table(
        "followings",
        sa.Column("bay_id", sa.String(length=64), nullable=False),
        sa.Column("catalogue_version", sa.Integer(), nullable=False),
        sa.Column("planogram_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bay_id"],
            ["bays.id"],
        ),
        sa.ForeignKeyConstraint(
            ["catalogue_version"],
            ["catalogue_changes.version"],
        ),
        sa.ForeignKeyConstraint(
            ["planogram_id"],
            ["planograms.id"],
        ),
        sa.PrimaryKeyConstraint("bay_id", "catalogue_version"),
    )

    _let_bays_follow_their_own()

    with op.batch_alter_table("positions", naming_convention=_AS_POSTGRESQL_NAMES) as batch_op:
        batch_op.drop_constraint("positions_bay_id_fkey", type_="foreignkey")
        batch_op.alter_column("bay_id", new_column_name="planogram_id")
        batch_op.alter_column("facings", new_column_name="wide")
        batch_op.add_column(sa.Column("high", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("x", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("width", sa.Double(), nullable=True))
    with op.batch_alter_table("positions") as batch_op:
        batch_op.alter_column("high", server_default=None)
        batch_op.create_foreign_key(
            "positions_of_a_version", "planogram_versions", ["planogram_id", "version"], ["planogram_id", "version"]
        )

    _add_compliances()


def _add_compliances() -> None:
    with op.batch_alter_table("captures") as batch_op:
        batch_op.add_column(sa.Column("unjudged", sa.String(length=16), nullable=True))
    op.create_table(
        "compliances",
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("bay_id", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("planogram_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("fits", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("flip", sa.Double(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"]),
        sa.ForeignKeyConstraint(["bay_id"], ["bays.id"]),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"]),
        sa.PrimaryKeyConstraint("capture_id"),
    )
    with op.batch_alter_table("compliances") as batch_op:
        batch_op.create_index("compliances_of_a_bay", ["bay_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_compliances_at"), ["at"], unique=False)
    op.create_table(
        "position_verdicts",
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("shelf", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("flip", sa.Double(), nullable=False),
        sa.Column("in_view", sa.Boolean(), nullable=False),
        sa.Column("facings_planned", sa.Integer(), nullable=False),
        sa.Column("facings_seen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["compliances.capture_id"]),
        sa.PrimaryKeyConstraint("capture_id", "shelf", "slot"),
    )
    op.create_table(
        "shelf_shares",
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["compliances.capture_id"]),
        sa.PrimaryKeyConstraint("capture_id", "gtin"),
    )
    op.create_table(
        "facing_chances",
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("chances", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"]),
        sa.PrimaryKeyConstraint("capture_id"),
    )
    _add_daily_counts()
    _add_webhooks()


def _add_daily_counts() -> None:
    op.create_table(
        "day_verdicts",
        sa.Column("bay_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shelf", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["bay_id"], ["bays.id"]),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"]),
        sa.PrimaryKeyConstraint("bay_id", "day", "shelf", "slot"),
    )
    op.create_index("ix_day_verdicts_day", "day_verdicts", ["day"])
    op.create_table(
        "day_shares",
        sa.Column("bay_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["bay_id"], ["bays.id"]),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"]),
        sa.PrimaryKeyConstraint("bay_id", "day", "gtin"),
    )
    op.create_index("ix_day_shares_day", "day_shares", ["day"])


def _let_bays_follow_their_own() -> None:
    """Make of each bay's positions a planogram of the bay's name, which it follows, and write that into the log."""
    connection = op.get_bind()
    connection.execute(sa.text("INSERT INTO planograms (id) SELECT DISTINCT bay_id FROM positions"))
    known = connection.scalar(sa.text("SELECT max(version) FROM catalogue_changes")) or 0
    follow = sa.text("UPDATE bays SET planogram_id = :bay, planogram_version = :version WHERE id = :bay")
    versions = connection.execute(sa.text("SELECT DISTINCT bay_id, version FROM positions ORDER BY 1, 2")).all()
    for bay, version in versions:
        connection.execute(sa.insert(_VERSIONS).values(planogram_id=bay, version=version, shelves=[], by=""))
    for number, (bay, version) in enumerate(dict(map(tuple, versions)).items(), known + 1):
        connection.execute(follow, {"bay": bay, "version": version})
        details = {"planogram_id": bay, "version": version, "bays": [bay]}
        row = {"version": number, "at": datetime.now(UTC), "by": "", "kind": "planogram_reset", "gtin": ""}
        connection.execute(sa.insert(_CHANGES).values(**row, details=details))
        connection.execute(sa.insert(_FOLLOWINGS).values(bay_id=bay, catalogue_version=number, planogram_id=bay))


def _add_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("store_ids", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.String(length=100), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("webhook_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("webhook_id", "number", name="one_delivery_per_number"),
    )
    with op.batch_alter_table("deliveries") as batch_op:
        batch_op.create_index("deliveries_waiting", ["webhook_id", "state", "number"], unique=False)
        batch_op.create_index("deliveries_by_age", ["created_at"], unique=False)
    op.create_table(
        "decided_verdicts",
        sa.Column("bay_id", sa.String(length=64), nullable=False),
        sa.Column("shelf", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bay_id"], ["bays.id"]),
        sa.PrimaryKeyConstraint("bay_id", "shelf", "slot"),
    )


_VERSIONS = sa.table(
    "planogram_versions",
    *(sa.column(name) for name in ("planogram_id", "version", "by")),
    sa.column("shelves", sa.JSON),
)
_FOLLOWINGS = sa.table(
    "followings", *(sa.column(name) for name in ("bay_id", "catalogue_version", "planogram_id"))
)
_CHANGES = sa.table(
    "catalogue_changes",
    *(sa.column(name) for name in ("version", "by", "kind", "gtin")),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("details", sa.JSON),
)


def downgrade() -> None:
    """Take it back; positions are lost: the tables before knew none that several bays share."""
    op.drop_table("decided_verdicts")
    op.drop_table("deliveries")
    op.drop_table("webhooks")
    for table in ("day_shares", "day_verdicts", "facing_chances", "shelf_shares", "position_verdicts", "compliances"):
        op.drop_table(table)
    with op.batch_alter_table("captures") as batch_op:
        batch_op.drop_column("unjudged")
    op.drop_table("positions")
    op.create_table(
        "positions",
        sa.Column("bay_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shelf", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("facings", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["bay_id"],
            ["bays.id"],
        ),
        sa.ForeignKeyConstraint(
            ["gtin"],
            ["products.gtin"],
        ),
        sa.PrimaryKeyConstraint("bay_id", "version", "shelf", "slot"),
    )
    with op.batch_alter_table("positions") as batch_op:
        batch_op.create_index(batch_op.f("ix_positions_gtin"), ["gtin"], unique=False)
    with op.batch_alter_table("bays") as batch_op:
        batch_op.drop_constraint("bays_planogram_id_fkey", type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_bays_planogram_id"))
        batch_op.drop_column("planogram_version")
        batch_op.drop_column("planogram_id")
    op.drop_table("followings")
    op.drop_table("planogram_versions")
    op.drop_table("planograms")
