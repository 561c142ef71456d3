"""Labelled rounds of small photos: each shows one product, a pattern of four colours that the literal embedder sees."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from retail.gtin import check_digit
from sampling.evidence.savings import is_held_out
from service.context import Context
from service.records import (
    AnnotationRecord,
    BayRecord,
    CaptureRecord,
    FacingLabelRecord,
    PickRecord,
    ProductRecord,
    RoundRecord,
    StoreRecord,
    TaskRecord,
)

SIDE = 32


def gtin_of(product: int) -> str:
    digits = f"{product:013d}"
    return digits + str(check_digit(digits))


def photo_of(product: int, seed: int) -> bytes:
    pattern = np.random.default_rng(product).integers(30, 220, (2, 2, 3))
    noise = np.random.default_rng(seed).integers(0, 12, (SIDE, SIDE, 3))
    image = np.kron(pattern, np.ones((SIDE // 2, SIDE // 2, 1), int)) + noise
    return bytes(cv2.imencode(".png", image.astype(np.uint8))[1])


@dataclass(frozen=True)
class Shown:
    """A capture of a round: what it shows, who picked it, and whether it is labelled yet."""

    product: int
    arm: str = "value"
    recipe: str | None = None
    labelled: bool = True
    boxes: int = 1
    judging: bool | None = None  # of the random arm: whether its id lets it judge; None leaves it to chance


@dataclass
class Rounds:
    """Writes rounds that were labelled."""

    context: Context
    made: int = 0
    products: set[int] = field(default_factory=set)

    def add(self, id: str, captures: Sequence[Shown]) -> str:
        id = id.ljust(32, "0")
        now = self.context.clock()
        with self.context.database.write() as session:
            for product in sorted({shown.product for shown in captures} - self.products):
                self.products.add(product)
                session.add(ProductRecord(gtin=gtin_of(product), name=f"Product {product}", category=["paint"]))
            session.merge(StoreRecord(id="s1", name="Corner shop", format="convenience"))
            session.merge(BayRecord(id="b1", store_id="s1"))
            session.add(
                RoundRecord(
                    id=id,
                    created_at=now,
                    by="a test",
                    config={},
                    pool_digest="",
                    pool_size=0,
                    model_version=1,
                    near_duplicates={},
                    notes=[],
                    inputs=None,
                )
            )
            session.flush()
            tasks = [self._add(session, id, rank, shown) for rank, shown in enumerate(captures, 1)]
        for task_id, shown in tasks:
            if shown.labelled:
                self.label(task_id, shown)
        return id

    def label(self, task_id: str, shown: Shown, name: str = "a") -> None:
        with self.context.database.write() as session:
            task = session.get_one(TaskRecord, task_id)
            task.state = "labelled"
            box = {"kind": "facing", "box": [0, 0, SIDE, SIDE], "gtin": gtin_of(shown.product)}
            session.add(
                AnnotationRecord(
                    id=f"{name}{task_id[1:]}",
                    task_id=task_id,
                    capture_id=task.capture_id,
                    annotator="a test",
                    created_at=self.context.clock(),
                    seconds=30.0,
                    boxes=[box] * shown.boxes,
                    catalogue_version=1,
                    guideline_version=1,
                    prelabel_model_version=1,
                )
            )
            session.flush()
            session.add_all(
                FacingLabelRecord(
                    annotation_id=f"{name}{task_id[1:]}", place=place, gtin=gtin_of(shown.product), state="current"
                )
                for place in range(shown.boxes)
            )

    def _add(self, session, round_id: str, rank: int, shown: Shown) -> tuple[str, Shown]:
        id = self._next_id(shown)
        self.context.images.put(f"{id}.png", photo_of(shown.product, self.made))
        now = self.context.clock()
        session.add(
            CaptureRecord(
                id=id,
                sha256=id,
                store_id="s1",
                bay_id="b1",
                taken_at=now,
                received_at=now,
                width=SIDE,
                height=SIDE,
                image_key=f"{id}.png",
                image_sha256=id,
                faces_blurred=0,
                stratum="neutral/frontal/convenience",
                model_version=1,
                truncated=False,
                detections=[],
            )
        )
        session.flush()
        propensity = 0.5 if shown.arm == "random" else None
        session.add(
            PickRecord(
                round_id=round_id,
                capture_id=id,
                rank=rank,
                arm=shown.arm,
                propensity=propensity,
                terms={"boxes": 1.0, "seconds": 30.0, "value": 1.0, "value_rank": 0.5},
                reason="a test",
                recipe=shown.recipe,
            )
        )
        session.add(
            TaskRecord(
                id=id,
                round_id=round_id,
                capture_id=id,
                store_id="s1",
                created_at=now,
                state="queued",
                rank=rank,
                arm=shown.arm,
                reason="a test",
                predicted_boxes=1,
            )
        )
        return id, shown

    def _next_id(self, shown: Shown) -> str:
        while True:
            self.made += 1
            id = f"{self.made:032d}"
            if shown.judging is None or is_held_out(id) == shown.judging:
                return id


def random_arm(judging: int, teaching: int, products: int = 30, seed: int = 3) -> list[Shown]:
    """Return captures of the random arm: so many judge, so many teach, each of one product by chance."""
    rng = np.random.default_rng(seed)
    judges = [True] * judging + [False] * teaching
    return [Shown(int(rng.integers(products)), "random", judging=judge) for judge in judges]
