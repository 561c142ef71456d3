"""The same thing registered twice at once is registered once, and both are told so."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from retail.catalogue_events import Added
from retail.gtin import Gtin
from retail.products import Product
from service.catalogue.service import change
from service.context import Context
from service.models.starter import ensure_starter
from service.records import BayRecord, CameraRecord, ModelRecord, PromotionRecord, StoreRecord

GTIN = Gtin("04006381333931")


def while_open(context: Context, first: Callable[[Session], Any], second: Callable[[], Any]) -> Any:
    """Do the second while the transaction of the first has written but not ended, and return the second's result."""
    with ThreadPoolExecutor(1) as other:
        with context.database.write() as session:
            first(session)
            session.flush()
            answer = other.submit(second)
            time.sleep(0.3)
            assert not answer.done(), "the second has to wait"
        return answer.result(20)


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("/v1/stores/s9", StoreRecord(id="s9", name="a", format="supermarket")),
        ("/v1/stores/s1/cameras/c1", CameraRecord(id="c1", store_id="s1")),
        ("/v1/stores/s1/bays/b1", BayRecord(id="b1", store_id="s1")),
    ],
)
def test_a_store_a_camera_and_a_bay(context: Context, client: TestClient, path: str, record: Any) -> None:
    store = {"name": "a", "format": "supermarket"}
    client.put("/v1/stores/s1", json=store).raise_for_status()
    body = store if path.endswith("s9") else None
    answer = while_open(context, lambda session: session.merge(record), lambda: client.put(path, json=body))
    assert answer.status_code == 200, answer.text


def test_a_product(context: Context, client: TestClient) -> None:
    def first(session: Session) -> None:
        change(session, Added(Product(GTIN, "Pen", ("office",))), "a test", context.clock())

    body = {"name": "Pen", "category": ["office"]}
    answer = while_open(context, first, lambda: client.put(f"/v1/products/{GTIN}", json=body))
    assert (answer.status_code, answer.json()["changed"], answer.json()["catalogue_version"]) == (200, False, 1)


def test_the_starter(context: Context) -> None:
    with context.database.write() as session:
        session.execute(delete(PromotionRecord))
        session.execute(delete(ModelRecord))

    def start() -> None:
        with context.database.write() as session:
            ensure_starter(session, context.clock())

    while_open(context, lambda session: ensure_starter(session, context.clock()), start)
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ModelRecord)) == 1
        assert session.scalar(select(func.count()).select_from(PromotionRecord)) == 1
