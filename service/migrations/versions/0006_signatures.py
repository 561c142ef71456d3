"""Signatures that a round over a million captures can read, and the looks of its candidates."""

from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

from sampling.projection import narrowed

revision = "0006"
down_revision = "0005"

_BATCH = 1000
_TOP = 10
_NEW: dict[str, sa.types.TypeEngine[Any]] = {
    "received_at": sa.DateTime(timezone=True),
    "store_id": sa.String(length=64),
    "camera_id": sa.String(length=64),
    "bay_id": sa.String(length=64),
    "stratum": sa.String(length=64),
    "near_duplicate": sa.Boolean(),
    "numbers": sa.LargeBinary(),
    "facings": sa.Integer(),
    "gaps": sa.Integer(),
    "unknown": sa.Integer(),
    "confidence": sa.Double(),
    "luminance": sa.Double(),
    "clipped": sa.Double(),
    "temperature": sa.Double(),
    "gradient": sa.Double(),
}
_FILLED = ("received_at", "store_id", "bay_id", "stratum", "near_duplicate", "numbers")


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("signatures") as batch_op:
        for name, kind in _NEW.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    op.execute(_FROM_THE_CAPTURES)
    _narrow_and_pack()
    with op.batch_alter_table("signatures") as batch_op:
        for name in _FILLED:
            batch_op.alter_column(name, existing_type=_NEW[name], nullable=False)
        batch_op.drop_column("values")
    op.create_index("signatures_of_a_model", "signatures", ["near_duplicate", "model_version", "capture_id"])
    with op.batch_alter_table("rounds") as rounds:
        rounds.add_column(sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))
        rounds.add_column(sa.Column("inputs", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("rounds") as rounds:
        rounds.alter_column("notes", server_default=None)
    op.create_index("captures_lately", "captures", ["taken_at", "stratum"])
    op.create_table(
        "looks",
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("embedder_id", sa.String(length=100), nullable=True),
        sa.Column("looks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"]),
        sa.PrimaryKeyConstraint("capture_id"),
    )


_FROM_THE_CAPTURES = """
UPDATE signatures SET
    received_at = (SELECT received_at FROM captures WHERE captures.id = signatures.capture_id),
    store_id = (SELECT store_id FROM captures WHERE captures.id = signatures.capture_id),
    camera_id = (SELECT camera_id FROM captures WHERE captures.id = signatures.capture_id),
    bay_id = (SELECT bay_id FROM captures WHERE captures.id = signatures.capture_id),
    stratum = (SELECT stratum FROM captures WHERE captures.id = signatures.capture_id),
    near_duplicate = (SELECT near_duplicate_of IS NOT NULL FROM captures WHERE captures.id = signatures.capture_id)
"""
_SIGNATURES = sa.table(
    "signatures",
    sa.column("capture_id", sa.String),
    sa.column("image_vector", sa.LargeBinary),
    sa.column("values", sa.LargeBinary),
    sa.column("predicted_boxes", sa.Integer),
    sa.column("numbers", sa.LargeBinary),
)
_FLIPS = sa.table("compliances", sa.column("capture_id", sa.String), sa.column("flip", sa.Double))
# As service.signature_numbers had it then.
_NUMBERS = "<u8, <f4, <f4, <f4, <u4, <u2, <u2"


def _narrow_and_pack() -> None:
    """Add up the uncertainties; which of them are of one look is not known any more."""
    connection, table, last = op.get_bind(), _SIGNATURES, ""
    columns = (table.c.capture_id, table.c.image_vector, table.c["values"], table.c.predicted_boxes, _FLIPS.c.flip)
    wanted = sa.select(*columns).outerjoin(_FLIPS, _FLIPS.c.capture_id == table.c.capture_id)
    wanted = wanted.order_by(table.c.capture_id).limit(_BATCH)
    change = sa.update(table).where(table.c.capture_id == sa.bindparam("id"))
    while rows := connection.execute(wanted.where(table.c.capture_id > last)).all():
        narrow = [
            {"id": id, "image_vector": _narrow(vector), "numbers": _numbers(values, boxes, flip or 0.0)}
            for id, vector, values, boxes, flip in rows
        ]
        connection.execute(change, narrow)
        last = rows[-1][0]


def _narrow(stored: bytes) -> bytes:
    narrow: bytes = narrowed(np.frombuffer(stored, "<f2").astype(np.float32)).astype("<f2").tobytes()
    return narrow


def _numbers(stored: bytes, boxes: int, flip: float) -> bytes:
    values = np.clip(np.frombuffer(stored, "<f2").astype(np.float64), 0, 1)
    total, doubted = float(np.sort(values)[-_TOP:].sum()), int((values >= 0.5).sum())
    return np.array([(0, total, total, flip, boxes, doubted, 0)], _NUMBERS).tobytes()


def downgrade() -> None:
    """Take it back; uncertainties of single detections are lost, and vectors stay as narrow as they are."""
    op.drop_table("looks")
    op.drop_index("captures_lately", "captures")
    with op.batch_alter_table("rounds") as rounds:
        rounds.drop_column("inputs")
        rounds.drop_column("notes")
    op.drop_index("signatures_of_a_model", "signatures")
    with op.batch_alter_table("signatures") as batch_op:
        batch_op.add_column(sa.Column("values", sa.LargeBinary(), nullable=True))
        for name in _NEW:
            batch_op.drop_column(name)
    op.execute(sa.update(_SIGNATURES).values(values=b""))
    with op.batch_alter_table("signatures") as batch_op:
        batch_op.alter_column("values", existing_type=sa.LargeBinary(), nullable=False)
