"""A catalogue that changes, and what names products."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


_AS_POSTGRESQL_NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "embedders",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "gallery_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("reference_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "assortments",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["gtin"],
            ["products.gtin"],
        ),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.id"],
        ),
        sa.PrimaryKeyConstraint("store_id", "gtin"),
    )
    with op.batch_alter_table("assortments") as batch_op:
        batch_op.create_index(batch_op.f("ix_assortments_gtin"), ["gtin"], unique=False)

    op.create_table(
        "namings",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("embedder_id", sa.String(length=100), nullable=False),
        sa.Column("calibration", sa.JSON(), nullable=False),
        sa.Column("measured", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["embedder_id"],
            ["embedders.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "touched",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=14), nullable=False),
        sa.Column("after", sa.String(length=14), nullable=True),
        sa.ForeignKeyConstraint(
            ["version"],
            ["catalogue_changes.version"],
        ),
        sa.PrimaryKeyConstraint("version", "kind", "id"),
    )
    op.create_table(
        "variants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["gtin"],
            ["products.gtin"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("variants") as batch_op:
        batch_op.create_index(batch_op.f("ix_variants_gtin"), ["gtin"], unique=False)

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

    op.create_table(
        "reference_pictures",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("variant_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("view", sa.String(length=16), nullable=False),
        sa.Column("image_key", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("capture_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"],
            ["captures.id"],
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variants.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("variant_id", "sha256", name="one_reference_per_picture"),
    )
    with op.batch_alter_table("reference_pictures") as batch_op:
        batch_op.create_index(batch_op.f("ix_reference_pictures_capture_id"), ["capture_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reference_pictures_variant_id"), ["variant_id"], unique=False)

    op.create_table(
        "unknown_facings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("detection", sa.Integer(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("embedder_id", sa.String(length=100), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("unknown_score", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_id"],
            ["captures.id"],
        ),
        sa.ForeignKeyConstraint(
            ["embedder_id"],
            ["embedders.id"],
        ),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("unknown_facings") as batch_op:
        batch_op.create_index(batch_op.f("ix_unknown_facings_capture_id"), ["capture_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_unknown_facings_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_unknown_facings_store_id"), ["store_id"], unique=False)

    op.create_table(
        "reference_vectors",
        sa.Column("embedder_id", sa.String(length=100), nullable=False),
        sa.Column("reference_id", sa.String(length=32), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["embedder_id"],
            ["embedders.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["reference_pictures.id"],
        ),
        sa.PrimaryKeyConstraint("embedder_id", "reference_id"),
    )
    op.create_table(
        "facing_labels",
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["gtin"],
            ["products.gtin"],
        ),
        sa.PrimaryKeyConstraint("annotation_id", "place"),
    )
    with op.batch_alter_table("facing_labels") as batch_op:
        batch_op.create_index(batch_op.f("ix_facing_labels_gtin"), ["gtin"], unique=False)

    with op.batch_alter_table("annotations", naming_convention=_AS_POSTGRESQL_NAMES) as batch_op:
        batch_op.drop_constraint("annotations_task_id_key", type_="unique")
        batch_op.add_column(sa.Column("superseded_by", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_annotations_task_id"), ["task_id"], unique=False)

    with op.batch_alter_table("api_keys") as batch_op:
        batch_op.add_column(sa.Column("unknown_policy", sa.String(length=16), nullable=False, server_default="review"))
    with op.batch_alter_table("api_keys") as batch_op:
        batch_op.alter_column("unknown_policy", server_default=None)

    with op.batch_alter_table("captures") as batch_op:
        batch_op.add_column(sa.Column("naming_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key("captures_naming_id_fkey", "namings", ["naming_id"], ["id"])

    with op.batch_alter_table("catalogue_changes") as batch_op:
        batch_op.add_column(sa.Column("by", sa.String(length=100), nullable=False, server_default=""))
    with op.batch_alter_table("catalogue_changes") as batch_op:
        batch_op.alter_column("by", server_default=None)

    with op.batch_alter_table("products") as batch_op:
        batch_op.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("valid_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("became", sa.JSON(none_as_null=True), nullable=True))

    _fill_in()


def _fill_in() -> None:
    """Give each product its first variant, and each facing that was labelled with a product its label."""
    connection = op.get_bind()
    connection.execute(sa.text("INSERT INTO variants (id, gtin, kind) SELECT gtin, gtin, 'regular' FROM products"))
    annotations = sa.table("annotations", sa.column("id", sa.String), sa.column("boxes", sa.JSON))
    labels = sa.table("facing_labels", *(sa.column(name) for name in ("annotation_id", "place", "gtin", "state")))
    for id, boxes in connection.execute(sa.select(annotations.c.id, annotations.c.boxes)).all():
        rows = [
            {"annotation_id": id, "place": place, "gtin": box["gtin"], "state": "current"}
            for place, box in enumerate(boxes)
            if box["gtin"]
        ]
        if rows:
            connection.execute(sa.insert(labels), rows)


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("products") as batch_op:
        batch_op.drop_column("became")
        batch_op.drop_column("valid_until")
        batch_op.drop_column("valid_from")

    with op.batch_alter_table("catalogue_changes") as batch_op:
        batch_op.drop_column("by")

    with op.batch_alter_table("captures") as batch_op:
        batch_op.drop_constraint("captures_naming_id_fkey", type_="foreignkey")
        batch_op.drop_column("naming_id")

    with op.batch_alter_table("api_keys") as batch_op:
        batch_op.drop_column("unknown_policy")

    with op.batch_alter_table("annotations") as batch_op:
        batch_op.drop_index(batch_op.f("ix_annotations_task_id"))
        batch_op.drop_column("superseded_by")
        batch_op.create_unique_constraint("annotations_task_id_key", ["task_id"])

    with op.batch_alter_table("facing_labels") as batch_op:
        batch_op.drop_index(batch_op.f("ix_facing_labels_gtin"))

    op.drop_table("facing_labels")
    op.drop_table("reference_vectors")
    with op.batch_alter_table("unknown_facings") as batch_op:
        batch_op.drop_index(batch_op.f("ix_unknown_facings_store_id"))
        batch_op.drop_index(batch_op.f("ix_unknown_facings_state"))
        batch_op.drop_index(batch_op.f("ix_unknown_facings_capture_id"))

    op.drop_table("unknown_facings")
    with op.batch_alter_table("reference_pictures") as batch_op:
        batch_op.drop_index(batch_op.f("ix_reference_pictures_variant_id"))
        batch_op.drop_index(batch_op.f("ix_reference_pictures_capture_id"))

    op.drop_table("reference_pictures")
    with op.batch_alter_table("positions") as batch_op:
        batch_op.drop_index(batch_op.f("ix_positions_gtin"))

    op.drop_table("positions")
    with op.batch_alter_table("variants") as batch_op:
        batch_op.drop_index(batch_op.f("ix_variants_gtin"))

    op.drop_table("variants")
    op.drop_table("touched")
    op.drop_table("namings")
    with op.batch_alter_table("assortments") as batch_op:
        batch_op.drop_index(batch_op.f("ix_assortments_gtin"))

    op.drop_table("assortments")
    op.drop_table("gallery_changes")
    op.drop_table("embedders")
