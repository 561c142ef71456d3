"""Small captures that tests build by hand."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from training.captures import LabelledCapture

MakeCapture = Callable[..., LabelledCapture]


@pytest.fixture
def make_box() -> Callable[..., AnnotatedBox]:
    def make(
        kind: str = "facing", box: tuple[float, float, float, float] = (8, 8, 40, 40), gtin: str | None = None
    ) -> AnnotatedBox:
        return AnnotatedBox(DetectionKind(kind), *box, gtin=Gtin(gtin) if gtin else None)

    return make


@pytest.fixture
def make_capture(tmp_path: Path, make_box: Callable[..., AnnotatedBox]) -> MakeCapture:
    """Build a capture; with ``colour`` its photo is written too: grey with one coloured square per box."""

    def make(
        name: str,
        *,
        store: str = "store-1",
        day: int = 1,
        arm: str = "value",
        duplicates: str | None = None,
        boxes: tuple[AnnotatedBox, ...] | None = None,
        stratum: str = "neutral/frontal/convenience",
        colour: tuple[int, int, int] | None = None,
        size: int = 96,
    ) -> LabelledCapture:
        boxes = (make_box(),) if boxes is None else boxes
        image = tmp_path / f"{name}.png"
        if colour:
            pixels = np.full((size, size, 3), 120, dtype=np.uint8)
            for box in boxes:
                pixels[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = colour
            Image.fromarray(pixels).save(image)
        return LabelledCapture(
            capture_id=name,
            image=image,
            sha256=hashlib.sha256(name.encode()).hexdigest(),
            width=size,
            height=size,
            store_id=store,
            bay_id="bay-1",
            taken_at=datetime(2026, 3, day, 9, tzinfo=UTC),
            stratum=stratum,
            arm=arm,
            boxes=boxes,
            duplicate_group=duplicates,
        )

    return make
