"""A shop whose labels, references and planogram point at products."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from retail.catalogue_log import read_event
from retail.catalogue_rules import replay
from service.catalogue.loading import load_catalogue
from service.catalogue.queries import list_changes
from service.context import Context
from service.ids import new_id
from service.records import (
    CaptureRecord,
    FacingLabelRecord,
    GalleryChangeRecord,
    ReferenceRecord,
    RoundRecord,
    TaskRecord,
    VariantRecord,
)

A, B, C, D = (f"000000000000{end}" for end in ("17", "24", "31", "48"))
BOXES = [[10, 20, 110, 220], [200, 20, 300, 220], [400, 20, 500, 220]]


class Shop:
    """A shop with one bay, whose shelf a person labels and whose products have references."""

    def __init__(self, context: Context, client: TestClient) -> None:
        self.context, self.client = context, client
        for gtin, name in ((A, "Milk 1 l"), (B, "Milk 500 ml")):
            self.put(f"/v1/products/{gtin}", {"name": name, "category": ["dairy"]})

    def put(self, path: str, body: Any) -> Any:
        answer = self.client.put(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def happen(self, gtin: str, what: str, body: Any = None, **params: Any) -> Any:
        answer = self.client.post(f"/v1/products/{gtin}/{what}", json=body, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, gtin: str, what: str, body: Any = None) -> tuple[int, str, str, str]:
        answer = self.client.post(f"/v1/products/{gtin}/{what}", json=body).json()
        return answer["status"], answer["code"], answer["field"], answer["remedy"]

    def add_task(self, id: str) -> None:
        now = self.context.clock()
        with self.context.database.write() as session:
            if session.get(RoundRecord, "r") is None:
                session.add(
                    RoundRecord(
                        id="r",
                        created_at=now,
                        by="a test",
                        config={},
                        pool_digest="",
                        pool_size=0,
                        model_version=1,
                        near_duplicates={},
                    )
                )
            session.add(
                CaptureRecord(
                    id=id,
                    sha256=id,
                    store_id="s1",
                    bay_id="b1",
                    taken_at=now,
                    received_at=now,
                    width=640,
                    height=480,
                    image_key=f"{id}.jpg",
                    image_sha256="",
                    faces_blurred=0,
                    stratum="neutral/frontal/convenience",
                    model_version=1,
                    truncated=False,
                    detections=[{"kind": "facing", "box": BOXES[0], "gtin": None}],
                )
            )
            session.flush()
            session.add(
                TaskRecord(
                    id=id,
                    round_id="r",
                    capture_id=id,
                    store_id="s1",
                    created_at=now,
                    state="queued",
                    rank=1,
                    arm="random",
                    reason="chosen by chance",
                    predicted_boxes=1,
                )
            )

    def label(self, *gtins: str | None) -> Any:
        self.context.clock.advance(seconds=1)  # type: ignore[attr-defined]  # ids sort by time
        lease = self.client.post("/v1/tasks/lease", json={}).json()
        boxes = [{"kind": "facing", "box": box, "gtin": gtin} for box, gtin in zip(BOXES, gtins, strict=False)]
        path = f"/v1/tasks/{lease['tasks'][0]['id']}/annotations"
        return self.client.post(path, json={"lease_token": lease["lease_token"], "boxes": boxes})

    def labels(self) -> list[tuple[str, str]]:
        with self.context.database.read() as session:
            found = session.scalars(
                select(FacingLabelRecord).order_by(FacingLabelRecord.annotation_id, FacingLabelRecord.place)
            )
            return [(label.gtin, label.state) for label in found]

    def add_reference(self, id: str, variant_id: str, sha256: str = "") -> None:
        with self.context.database.write() as session:
            session.add(
                ReferenceRecord(
                    id=id,
                    variant_id=variant_id,
                    source="pack_shot",
                    view="front",
                    image_key=f"{id}.jpg",
                    sha256=sha256 or id,
                    created_at=self.context.clock(),
                    state="live",
                )
            )

    def references(self) -> dict[str, tuple[str, str, str]]:
        """By reference its variant, its product and its state."""
        with self.context.database.read() as session:
            found = session.execute(
                select(ReferenceRecord, VariantRecord).join(
                    VariantRecord, VariantRecord.id == ReferenceRecord.variant_id
                )
            )
            return {reference.id: (variant.id, variant.gtin, reference.state) for reference, variant in found}

    def gallery_changes(self) -> list[str]:
        with self.context.database.read() as session:
            return list(session.scalars(select(GalleryChangeRecord.reference_id).order_by(GalleryChangeRecord.id)))

    def plan(self, *gtins: str) -> Any:
        positions = [{"shelf": 1, "slot": slot, "gtin": gtin} for slot, gtin in enumerate(gtins, 1)]
        done = self.put("/v1/planograms/b1", {"positions": positions})
        self.put("/v1/bays/b1/planogram", {"planogram_id": "b1"})
        return done

    def planned(self) -> list[tuple[str, str]]:
        planogram = self.client.get("/v1/bays/b1/planogram").json()
        return [(position["gtin"], position["state"]) for position in planogram["positions"]]

    def touched(self, version: int) -> list[tuple[str, str, str, str | None]]:
        page = self.client.get(f"/v1/catalogue/changes/{version}/touched").json()
        return [(one["id"].split("/", 1)[-1], one["action"], one["before"], one["after"]) for one in page["touched"]]

    def check_log(self) -> None:
        with self.context.database.read() as session:
            log = [read_event(row.kind, row.gtin, row.details) for row in list_changes(session, 0, 1000)]
            assert replay(log) == load_catalogue(session)


@pytest.fixture
def shop(context: Context, client: TestClient, bay: dict[str, str]) -> Shop:
    """Facings labelled A, B and nothing; a reference and a position of A and of B each."""
    shop = Shop(context, client)
    shop.add_task(new_id(context.clock()))
    assert shop.label(A, B, None).status_code == 201
    shop.add_reference("ref-a", A)
    shop.add_reference("ref-b", B)
    shop.plan(A, B)
    return shop
