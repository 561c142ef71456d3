"""Ten photos of a fridge, labelled through the API, make the serving model better on five it never saw."""

from pathlib import Path

import pytest

from labeling.agreement import agreement
from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin, check_digit
from service.demo.installation import Installation
from service.demo.loop import Loop, progress_bars

NAMES = ("eggBox", "joghurt", "ketchup", "mushroom", "mustard", "orange", "squash", "water")
PORT = 8917


def gtin(name: str) -> Gtin:
    digits = f"200000000000{NAMES.index(name)}"
    return Gtin(digits + check_digit(digits))


def truth(photo: Path) -> list[AnnotatedBox]:
    places = (tuple(map(float, line.split())) for line in photo.with_suffix(".bboxes.tsv").read_text().splitlines())
    names = photo.with_suffix(".bboxes.labels.tsv").read_text().splitlines()
    return [
        AnnotatedBox(DetectionKind.FACING, *place, gtin=gtin(name)) for place, name in zip(places, names, strict=True)
    ]


def answered(loop: Loop, photo: Path) -> list[AnnotatedBox]:
    found = loop.store.call("POST", "/v1/analyze", files={"photo": photo.read_bytes()})["detections"]
    return [AnnotatedBox(DetectionKind(d["kind"]), *d["box"], gtin=d["gtin"]) for d in found if d["kind"] == "facing"]


def score(loop: Loop, photos: list[Path]) -> tuple[float, float]:
    """F1 of the served boxes at IoU 0.5: whatever the product, and with the right product only."""
    found = named = boxes = 0
    for photo in photos:
        said = agreement(truth(photo), answered(loop, photo))
        found, named = found + said.matched, named + said.same_label
        boxes += 2 * said.matched + said.only_a + said.only_b
    return 2 * found / boxes, 2 * named / boxes


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_promoted_model_scores_higher_on_unseen_photos(shop_data, tmp_path):
    photos = sorted((shop_data / "fridge-azure" / "images").glob("*.jpg"), key=lambda path: int(path.stem))
    learn, test = photos[:10], photos[10:]
    # One fridge, one camera, eight products that move: the near-duplicate gate would take most photos for one.
    settings = {"near_duplicate_similarity": "1.0", "shadow__captures": "0"}
    with (
        Installation(tmp_path / "home", PORT, **settings) as installation,
        progress_bars() as progress,
        Loop(installation, progress) as loop,
    ):
        loop.engineer.call("PUT", "/v1/stores/kitchen", json={"name": "Kitchen", "format": "convenience"})
        loop.engineer.call("PUT", "/v1/stores/kitchen/bays/fridge", json={})
        for name in NAMES:
            loop.engineer.call("PUT", f"/v1/products/{gtin(name)}", json={"name": name, "category": ["food"]})
        fields = {"store_id": "kitchen", "bay_id": "fridge"}
        sent = {}
        for photo in learn:
            answer = loop.store.call("POST", "/v1/captures", files={"photo": photo.read_bytes()}, data=fields)
            sent[answer["id"]] = photo
        before = score(loop, test)

        body = {"boxes": 100_000, "near_duplicate_similarity": 1.0, "seed": 1}
        assert len(loop.engineer.call("POST", "/v1/rounds", json=body)["picks"]) == len(learn)
        lease = loop.annotator.call("POST", "/v1/tasks/lease", json={"count": 10})
        for task in lease["tasks"]:
            boxes = [
                {"kind": box.kind, "box": [box.x1, box.y1, box.x2, box.y2], "gtin": box.gtin}
                for box in truth(sent[task["capture_id"]])
            ]
            answer = {"lease_token": lease["lease_token"], "boxes": boxes}
            loop.annotator.call("POST", f"/v1/tasks/{task['id']}/annotations", json=answer)

        body = {"reason": "a fridge of eight products", "classes": "products", "preset": "few-photos"}
        started = loop.engineer.call("POST", "/v1/retrainings", json=body)
        ended = loop.follow(started["id"], "Retraining")
        assert ended["state"] == "promoted", ended
        with loop.serving(ended["candidate_version"]):
            after = score(loop, test)
    print(f"facings F1 {before[0]:.3f} -> {after[0]:.3f}; with the right product {before[1]:.3f} -> {after[1]:.3f}")
    assert after[1] > before[1] + 0.1
    assert after[0] >= before[0]
