"""The photo of a judged bay: facings and gaps in the colours of their verdicts."""

import cv2
import numpy as np
import pytest

from retail.boxes import DetectionKind
from retail.compliance import Verdict
from service.captures.overlay import overlay_of
from tests.service.compliance.painted import paint
from vision.decoding import encode_jpeg
from vision.overlay import VERDICT_COLOURS


def colour_at(jpeg: bytes, x: int, y: int) -> np.ndarray:
    """Return the RGB colour of a line of three pixels, as a JPEG keeps it."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    return np.median(image[y - 1 : y + 2, x - 8 : x + 9].reshape(-1, 3), axis=0)


def test_facings_have_the_colours_of_their_verdicts(client, planned, sent):
    small = cv2.imdecode(np.frombuffer(paint("rgbyr", "cmkcb"), np.uint8), cv2.IMREAD_COLOR)
    photo = cv2.resize(small, (1920, 1440), interpolation=cv2.INTER_NEAREST)
    body = sent(cv2.imencode(".png", photo)[1].tobytes())
    drawn = client.get(f"/v1/captures/{body['id']}/overlay").content
    for row, verdict in ((0, Verdict.CORRECT), (7, Verdict.UNEXPECTED)):
        (facing,) = [one for one in body["compliance"]["facings"] if one["detection"] == row]
        left, top, _, _ = body["detections"][row]["box"]
        assert facing["verdict"] == verdict
        assert colour_at(drawn, round(left) + 130, round(top)) == pytest.approx(VERDICT_COLOURS[verdict], abs=60)


def detection(kind: DetectionKind, box: list[float]) -> dict:
    return {"kind": kind.value, "box": box, "uncertainty": {"value": 0.0}, "gtin": None, "naming": None}


@pytest.mark.parametrize(("verdict", "coloured"), [("out_of_stock", True), ("undecided", False)])
def test_a_gap_tells_that_its_position_is_out_of_stock_if_it_is(verdict, coloured):
    place = {"shelf": 1, "slot": 2}
    compliance = {
        "positions": [{**place, "verdict": verdict}],
        "gaps": [
            {"detection": 0, "position": place},
            {"detection": 1, "position": None},
            {"detection": None, "position": place},
        ],
        "facings": [],
    }
    gaps = [detection(DetectionKind.GAP, [400, 200, 800, 600]), detection(DetectionKind.GAP, [1200, 200, 1600, 600])]
    grey = encode_jpeg(np.full((1200, 2000, 3), 127, np.uint8), 95)
    drawn = overlay_of(grey, gaps, [], compliance)
    told = np.abs(colour_at(drawn, 680, 200) - VERDICT_COLOURS[Verdict.OUT_OF_STOCK]).max() < 60
    assert told == coloured
    assert np.abs(colour_at(drawn, 1480, 200) - VERDICT_COLOURS[Verdict.OUT_OF_STOCK]).max() > 60
    assert np.array_equal(overlay_of(grey, gaps, []), overlay_of(grey, gaps, [], None))
