"""Records of before the catalogue's events: each product gets its first look, each named facing its label."""

import json

import pytest
from alembic import command
from sqlalchemy import text

from service.database import Database
from service.migrations import _config, upgrade

MILK, PEN = "00000000000017", "00000000000024"
FACING = {"kind": "facing", "box": [0, 0, 9, 9]}
BOXES = [
    {**FACING, "gtin": MILK},
    {"kind": "shelf", "box": [0, 9, 9, 10], "gtin": None},
    {**FACING, "gtin": None},
    {**FACING, "gtin": PEN},
]
ONE_EACH = {
    "stores": {"id": "s1", "name": "Shop", "format": "convenience"},
    "bays": {"id": "b1", "store_id": "s1"},
    "rounds": {
        **{"id": "r", "created_at": "2026-01-01", "by": "", "config": "{}", "pool_digest": "", "pool_size": 0},
        **{"model_version": 1, "near_duplicates": "{}"},
    },
    "models": {
        **{"version": 1, "created_at": "2026-01-01", "source": "starter", "artefact_sha256": "", "metadata_json": "{}"},
    },
    "captures": {
        **{"id": "c", "sha256": "", "store_id": "s1", "bay_id": "b1", "taken_at": "2026-01-01"},
        **{"received_at": "2026-01-01", "width": 9, "height": 9, "image_key": "", "image_sha256": ""},
        **{"faces_blurred": 0, "stratum": "", "model_version": 1, "truncated": False, "detections": "[]"},
        **{"retake": "[]", "shelves": "[]"},
    },
    "tasks": {
        **{"id": "t", "round_id": "r", "capture_id": "c", "created_at": "2026-01-01", "state": "labelled", "rank": 1},
        **{"arm": "value", "reason": "", "predicted_boxes": 0},
    },
    "annotations": {
        **{"id": "a", "task_id": "t", "capture_id": "c", "annotator": "", "created_at": "2026-01-01"},
        **{"boxes": json.dumps(BOXES), "catalogue_version": 2, "guideline_version": 1, "prelabel_model_version": 1},
    },
}
PRODUCTS = [
    {"gtin": MILK, "name": "Milk", "category": '["dairy"]', "family": None},
    {"gtin": PEN, "name": "Pen", "category": '["office"]', "family": None},
]
CHANGES = [
    {
        **{"version": version, "at": "2026-01-01", "kind": "added", "gtin": product["gtin"]},
        "details": json.dumps({"before": None, "after": {"name": product["name"], "category": ["x"], "family": None}}),
    }
    for version, product in enumerate(PRODUCTS, 1)
]
ROWS = [
    *ONE_EACH.items(),
    *(("products", product) for product in PRODUCTS),
    *(("catalogue_changes", change) for change in CHANGES),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request, tmp_path):
    """A database as it was before 0004, with two products and one annotation."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    else:
        server = request.getfixturevalue("postgres_server")
        admin = Database(f"{server}/postgres")
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE before_names"))
        admin.close()
        database = Database(f"{server}/before_names")
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), "0003")
        for table, row in ROWS:
            names = ", ".join(f'"{name}"' for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{n}' for n in row)})"), row)
    yield database
    database.close()


def test_labels_and_looks_of_before(before):
    upgrade(before)
    with before.engine.connect() as connection:
        labels = connection.execute(text("SELECT annotation_id, place, gtin, state FROM facing_labels ORDER BY place"))
        assert labels.all() == [("a", 0, MILK, "current"), ("a", 3, PEN, "current")]
        looks = connection.execute(text("SELECT id, gtin, kind FROM variants ORDER BY id"))
        assert looks.all() == [(MILK, MILK, "regular"), (PEN, PEN, "regular")]
        changed = connection.execute(text('SELECT "by" FROM catalogue_changes'))
        assert changed.scalars().all() == ["", ""]
        if before.is_sqlite:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
