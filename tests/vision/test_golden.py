"""The shipped starter sees today what it saw when it was accepted, in f32, on both runtimes.

After a new starter, write the golden files anew, look at the difference, and commit both together:

    SHELFLOOP_WRITE_GOLDEN=1 SHELFLOOP_DATA=… .venv/bin/pytest tests/vision/test_golden.py

Every detection at the served confidence must have its equal on the other side. It is looked for down to MARGIN below
that confidence, so that one at the very limit is not lost: nothing is excused. Tolerances leave ample room for another
processor's arithmetic (the two runtimes differ by 0.0001 px), but none for other pixels: a JPEG decoder whose values
are off by one moves some box by 2 px.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision.artefact import ArtefactMetadata, read_metadata
from vision.decoding import decode
from vision.detections import Detections
from vision.detector import Detector
from vision.runtime import RuntimeName, load_runtime
from vision.starter import ARTEFACT

RUNTIMES: tuple[RuntimeName, ...] = ("openvino", "onnxruntime")
PHOTOS = ("fridge-azure/images/0.jpg", "shelf-k4r/input.jpg", "shelf-k4r/muesli.jpg")
GOLDEN = Path(__file__).with_name("golden")
MARGIN = 0.02
EDGE = 0.5  # pixels of a photo of 640
DEVIATION = 0.25  # the same
PROBABILITY = 0.005

Found = dict[str, Any]


@pytest.fixture(scope="module")
def metadata() -> ArtefactMetadata:
    return read_metadata(ARTEFACT)


@pytest.fixture(scope="module")
def detectors(metadata: ArtefactMetadata) -> dict[str, Detector]:
    lowest = metadata.confidence - MARGIN
    return {name: Detector(load_runtime(name, ARTEFACT, threads=1), metadata, lowest) for name in RUNTIMES}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", PHOTOS)
def test_real_photos_show_what_they_showed(
    shop_data: Path, detectors: dict[str, Detector], metadata: ArtefactMetadata, runtime: str, name: str
):
    photo = decode((shop_data / name).read_bytes(), long_side=metadata.input_size)
    seen = written(detectors[runtime].detect(photo.image, (photo.width, photo.height)), metadata)
    golden = GOLDEN / f"{name.replace('/', '-').removesuffix('.jpg')}.json"
    if os.environ.get("SHELFLOOP_WRITE_GOLDEN") == "1" and runtime == "openvino":
        golden.write_text("[\n" + ",\n".join(map(json.dumps, seen)) + "\n]\n")
    unit = max(photo.width, photo.height) / 640
    assert differences(json.loads(golden.read_text()), seen, metadata.confidence, unit) == []


def test_both_runtimes_see_the_same_in_a_drawn_photo(detectors: dict[str, Detector], metadata: ArtefactMetadata):
    from training.synthetic.world import ShelfWorld, WorldSpec

    world = ShelfWorld.build(WorldSpec(seed=3, bays_per_store=1))
    image = world.capture(world.bays[0].id, 0, width=960).image
    one, other = (written(detectors[name].detect(image), metadata) for name in RUNTIMES)
    assert len(one) >= 10, "too few to tell"
    assert differences(one, other, metadata.confidence, max(image.shape) / 640) == []


def written(detections: Detections, metadata: ArtefactMetadata) -> list[Found]:
    """One dictionary per detection, most confident first, rounded far below the tolerances."""
    return [
        {
            "class": metadata.classes[class_id],
            "probability": round(float(confidence), 4),
            "box": np.round(box.astype(float), 2).tolist(),
            "edge_deviations": np.round(deviations.astype(float), 2).tolist(),
        }
        for class_id, confidence, box, deviations in zip(
            detections.class_ids, detections.confidences, detections.boxes, detections.edge_deviations, strict=True
        )
    ]


def differences(one: list[Found], other: list[Found], confidence: float, unit: float) -> list[Found]:
    """What one side has at this confidence and the other has no equal of; `unit` photo pixels are one of 640."""
    return [
        mine
        for left, right in ((one, other), (other, one))
        for mine in left
        if mine["probability"] >= confidence and not any(alike(mine, theirs, unit) for theirs in right)
    ]


def alike(one: Found, other: Found, unit: float) -> bool:
    def within(name: str, tolerance: float) -> bool:
        return bool(np.abs(np.subtract(one[name], other[name])).max() <= tolerance)

    same = one["class"] == other["class"] and within("probability", PROBABILITY)
    return same and within("box", EDGE * unit) and within("edge_deviations", DEVIATION * unit)


PACK = {"class": "product", "probability": 0.5, "box": [10, 20, 30, 60], "edge_deviations": [1, 2, 1, 2]}
DOUBTFUL = {**PACK, "probability": 0.29, "box": [50, 20, 70, 60]}


@pytest.mark.parametrize(
    "change",
    [
        {"box": [10, 20, 31.1, 60]},
        {"box": [11.1, 21.1, 31.1, 61.1]},
        {"edge_deviations": [1, 2, 1, 2.6]},
        {"probability": 0.506},
        {"class": "gap"},
    ],
)
def test_a_change_beyond_tolerance_is_a_difference(change: Found):
    assert differences([PACK], [{**PACK, **change}], 0.3, unit=2) == [PACK, {**PACK, **change}]


def test_rounding_is_none_and_neither_is_what_is_served_to_nobody():
    rounded = {**PACK, "box": [10.9, 19.1, 30, 60], "probability": 0.504, "edge_deviations": [1, 2, 1, 2.4]}
    assert differences([PACK, DOUBTFUL], [rounded], 0.3, unit=2) == []


def test_one_at_the_limit_has_its_equal_just_below_it():
    served = {**DOUBTFUL, "probability": 0.302}
    assert differences([served], [{**served, "probability": 0.298}], 0.3, unit=2) == []
    assert differences([served], [], 0.3, unit=2) == [served]
