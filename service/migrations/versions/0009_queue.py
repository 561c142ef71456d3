"""Tasks of tiles, blind copies, priorities and filters."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_IN_ORDER: list[Any] = ["state", sa.text("expert DESC"), sa.text("priority DESC"), "rank", "created_at", "id"]
_AS_POSTGRESQL_NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}


def _drawn() -> list[sa.Column[Any]]:
    return [
        sa.Column("lead_seconds", sa.Double(), nullable=True),
        sa.Column("actions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("planogram_id", sa.String(length=64), nullable=True),
        sa.Column("planogram_version", sa.Integer(), nullable=True),
    ]


def _fill_categories() -> None:
    """Say of open tasks which categories they seem to show, parents included: "food" and "food/sweets"."""
    tasks = sa.table("tasks", sa.column("id"), sa.column("capture_id"), sa.column("state"))
    captures = sa.table("captures", sa.column("id"), sa.column("detections", sa.JSON()))
    products = sa.table("products", sa.column("gtin"), sa.column("category", sa.JSON()))
    task_categories = sa.table("task_categories", sa.column("task_id"), sa.column("category"))
    connection = op.get_bind()
    known = {gtin: path for gtin, path in connection.execute(sa.select(products.c.gtin, products.c.category))}
    shown = sa.select(tasks.c.id, captures.c.detections).join(captures, captures.c.id == tasks.c.capture_id)
    for id, detections in connection.execute(shown.where(tasks.c.state.in_(("queued", "leased")))).all():
        paths = [known[one["gtin"]] for one in detections if one.get("gtin") in known]
        found = sorted({"/".join(path[: depth + 1]) for path in paths for depth in range(len(path))})
        if found:
            connection.execute(sa.insert(task_categories), [{"task_id": id, "category": path} for path in found])


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("tasks", naming_convention=_AS_POSTGRESQL_NAMES) as batch_op:
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("expert", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("store_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="boxes"))
        batch_op.add_column(sa.Column("purpose", sa.String(length=16), nullable=False, server_default="label"))
        batch_op.add_column(sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("tile", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("copy", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("copy_of", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("note", sa.String(length=500), nullable=True))
        batch_op.drop_constraint("tasks_capture_id_key", type_="unique")
        batch_op.drop_index("tasks_waiting")
    op.execute("UPDATE tasks SET store_id = (SELECT store_id FROM captures WHERE captures.id = tasks.capture_id)")
    with op.batch_alter_table("tasks") as batch_op:
        batch_op.alter_column("store_id", existing_type=sa.String(length=64), nullable=False)
        batch_op.alter_column("round_id", existing_type=sa.String(length=32), nullable=True)
        for name in ("priority", "expert", "kind", "purpose", "part", "copy"):
            batch_op.alter_column(name, server_default=None)
        batch_op.create_unique_constraint("one_task_per_part", ["capture_id", "kind", "purpose", "part", "copy"])
        batch_op.create_index("tasks_held", ["leased_by", "state"])
        batch_op.create_index("tasks_ending", ["leased_until"])
        batch_op.create_index(batch_op.f("ix_tasks_capture_id"), ["capture_id"], unique=False)
    op.create_index("tasks_in_order", "tasks", _IN_ORDER)
    copies = sa.text("copy_of IS NOT NULL")
    op.create_index("tasks_copied", "tasks", ["copy_of"], sqlite_where=copies, postgresql_where=copies)
    op.create_table(
        "passes",
        sa.Column("annotator", sa.String(length=32), nullable=False),
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"]),
        sa.PrimaryKeyConstraint("annotator", "capture_id", "kind", "part"),
    )
    op.create_index("ix_passes_capture_id", "passes", ["capture_id"])
    op.create_index("ix_passes_task_id", "passes", ["task_id"])
    op.create_table(
        "task_categories",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"]),
        sa.PrimaryKeyConstraint("task_id", "category"),
    )
    op.create_index("ix_task_categories_category", "task_categories", ["category"])
    _fill_categories()
    with op.batch_alter_table("annotations") as batch_op:
        for column in _drawn():
            batch_op.add_column(column)
        batch_op.add_column(sa.Column("source", sa.String(length=16), nullable=False, server_default="person"))
    with op.batch_alter_table("annotations") as batch_op:
        batch_op.alter_column("source", server_default=None)
    op.create_table(
        "blind_annotations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("annotator", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        *_drawn(),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.Column("catalogue_version", sa.Integer(), nullable=False),
        sa.Column("guideline_version", sa.Integer(), nullable=False),
        sa.Column("prelabel_model_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("annotations_by", "annotations", ["annotator", "created_at"])
    op.create_index("blind_annotations_by", "blind_annotations", ["annotator", "created_at"])
    op.create_index("ix_blind_annotations_capture_id", "blind_annotations", ["capture_id"])
    op.create_index("ix_blind_annotations_task_id", "blind_annotations", ["task_id"])


def downgrade() -> None:
    """Take it back; blind copies and all tiles but the first of a photo are lost."""
    op.drop_table("blind_annotations")
    op.drop_index("annotations_by", "annotations")
    with op.batch_alter_table("annotations") as batch_op:
        for name in ("lead_seconds", "actions", "planogram_id", "planogram_version", "source"):
            batch_op.drop_column(name)
    op.drop_table("task_categories")
    op.drop_table("passes")
    op.drop_index("tasks_copied", "tasks")
    op.drop_index("tasks_in_order", "tasks")  # before the batch, which cannot copy an index that descends
    lost = "SELECT id FROM tasks WHERE purpose <> 'label' OR part > 0 OR kind <> 'boxes'"
    op.execute(
        f"DELETE FROM facing_labels WHERE annotation_id IN (SELECT id FROM annotations WHERE task_id IN ({lost}))"
    )
    op.execute(
        f"DELETE FROM facing_vectors WHERE annotation_id IN (SELECT id FROM annotations WHERE task_id IN ({lost}))"
    )
    op.execute(f"DELETE FROM annotations WHERE task_id IN ({lost})")
    op.execute("DELETE FROM tasks WHERE purpose <> 'label' OR part > 0 OR kind <> 'boxes'")
    with op.batch_alter_table("tasks") as batch_op:
        batch_op.alter_column("round_id", existing_type=sa.String(length=32), nullable=False)
        batch_op.drop_constraint("one_task_per_part", type_="unique")
        for name in ("tasks_held", "tasks_ending", "ix_tasks_capture_id"):
            batch_op.drop_index(name)
        for name in (
            "priority", "expert", "leased_at", "store_id", "kind", "purpose", "part", "tile", "copy", "copy_of", "note"
        ):
            batch_op.drop_column(name)
        batch_op.create_unique_constraint("tasks_capture_id_key", ["capture_id"])
        batch_op.create_index("tasks_waiting", ["state", "rank"])
