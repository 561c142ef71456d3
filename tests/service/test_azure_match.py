"""Azure's planogram matching in its documented form.

The planogram, 40 wide and 50 high, and its photo, 10 pixels a unit:

    upper  o1 o2 o3  c1 c2      oat milk 8 x 16, cola 5 x 10
    lower  s1 s2  t1 t2 t3      soap 6 x 12, tea 7 x 14
"""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.auth.permissions import Role
from service.azure.matching import match
from service.azure.schemas import MatchRequest

PATH = "/computervision/planogramcompliance:match?api-version=2023-04-01-preview"
SCHEMA = json.loads((Path(__file__).parent / "azure" / "answer.schema.json").read_text())
PRODUCTS = {
    "oat": ("Oat Milk 1 l", 8, 16),
    "cola": ("Cola 0.33 l", 5, 10),
    "soap": ("Soap", 6, 12),
    "tea": ("Tea", 7, 14),
}
POSITIONS = {
    "o1": ("oat", "upper", 0, 4),
    "o2": ("oat", "upper", 8, 4),
    "o3": ("oat", "upper", 16, 4),
    "c1": ("cola", "upper", 26, 10),
    "c2": ("cola", "upper", 31, 10),
    "s1": ("soap", "lower", 0, 33),
    "s2": ("soap", "lower", 6, 33),
    "t1": ("tea", "lower", 14, 31),
    "t2": ("tea", "lower", 21, 31),
    "t3": ("tea", "lower", 28, 31),
}


def test_a_shelf_as_planned_has_every_product_in_its_position():
    shelf = _shelf()
    assert _matched(_request(shelf)) == {id: id for id in POSITIONS}
    assert list(_matched(_request(shelf[::-1]))) == list(POSITIONS)


def test_a_place_without_anything_has_no_object():
    assert _matched(_request(_shelf(without={"o2", "t3"}))) == {id: id for id in POSITIONS if id not in {"o2", "t3"}}


def test_a_gap_is_in_every_place_that_it_covers():
    gap = _object("gap 1", (140, 300, 200, 150), "gap")
    matched = _matched(_request(_shelf(without={"t1", "t2", "t3"}), [gap]))
    assert {id: matched[id] for id in ("t1", "t2", "t3")} == {"t1": "gap 1", "t2": "gap 1", "t3": "gap 1"}
    assert matched["s2"] == "s2"


def test_a_wrong_product_is_in_the_position_whose_place_it_takes():
    shelf = _shelf(without={"o2", "s1"})
    stranger = _object("stranger", (82, 50, 70, 150), "Oil")
    moved = _object("moved", (2, 320, 56, 130), "Cola 0.33 l")
    matched = _matched(_request([*shelf, stranger, moved]))
    assert (matched["o2"], matched["s1"]) == ("stranger", "moved")
    assert {id for id in POSITIONS if matched[id] != id} == {"o2", "s1"}


def test_products_that_closed_up_keep_their_positions():
    # o2 is sold out, o3 was pulled to the left, cola too
    shelf = _shelf(without={"o3", "c1", "c2"})
    shelf += [_object("c1", (180, 100, 50, 100), "Cola 0.33 l"), _object("c2", (232, 100, 50, 100), "Cola 0.33 l")]
    matched = _matched(_request(shelf))
    assert {id: matched.get(id) for id in ("o1", "o2", "c1", "c2")} == {id: id for id in ("o1", "o2", "c1", "c2")}


def test_stacked_facings_are_told_apart():
    positions = {"low": ("cola", "upper", 0, 10), "high": ("cola", "upper", 0, 0), "soap": ("soap", "upper", 8, 8)}
    shelf = _shelf(positions=positions)
    assert _matched(_request(shelf, positions=positions)) == {"low": "low", "high": "high", "soap": "soap"}
    assert _matched(_request(shelf[:1] + shelf[2:], positions=positions)) == {"low": "low", "soap": "soap"}


@pytest.mark.parametrize(("zoom", "yaw"), [(0.4, 0.0), (3.0, 0.0), (1.0, 0.12), (1.0, -0.12), (2.0, 0.2)])
def test_a_photo_from_the_side_is_matched_too(zoom, yaw):
    plane = np.array([[zoom, 0.05, 40], [0.02, zoom, 30], [yaw / 400, 0, 1]])
    shelf = [_seen(one, plane) for one in _shelf(without={"o2", "t1"})]
    shelf.append(_seen(_object("stranger", (142, 310, 66, 140), "Oil"), plane))
    shelf.append(_seen(_object("other", (82, 50, 70, 150), "Soap"), plane))
    size = (int(500 * zoom / min(1, 1 + yaw)), int(600 * zoom / min(1, 1 + yaw)))
    expected = {id: id for id in POSITIONS} | {"t1": "stranger", "o2": "other"}
    assert _matched(_request(shelf, size=size)) == expected


def test_a_mirrored_photo_is_matched_too():
    upper = {"o": ("oat", "upper", 0, 4), "c": ("cola", "upper", 9, 10), "s": ("soap", "upper", 16, 8)}
    lower = {"T": ("tea", "lower", 0, 31), "S": ("soap", "lower", 9, 33), "O": ("oat", "lower", 18, 29)}
    positions = upper | {"t": ("tea", "upper", 24, 6)} | lower | {"C": ("cola", "lower", 30, 35)}
    shelf = _shelf(without={"S"}, positions=positions)
    shelf.append(_object("stranger", (92, 332, 55, 118), "Oil"))
    for thing in shelf:
        box = thing["boundingBox"]
        box["x"] = 400 - box["x"] - box["w"]
    assert _matched(_request(shelf, positions=positions)) == {id: id for id in positions} | {"S": "stranger"}


def test_products_without_names_are_matched_by_their_places():
    shelf = [_object(one["id"], tuple(one["boundingBox"].values()), "product") for one in _shelf(without={"c1"})]
    gap = _object("gap 1", (258, 95, 52, 105), "gap")
    assert _matched(_request(shelf, [gap])) == {id: id for id in POSITIONS} | {"c1": "gap 1"}


def test_an_empty_shelf_has_only_gaps():
    assert _matched(_request([])) == {}
    gap = _object("gap 1", (0, 40, 360, 410), "gap")
    assert set(_matched(_request([], [gap])).values()) == {"gap 1"}


def test_the_likelier_of_two_names_counts():
    shelf = _shelf(without={"s2", "t1"})
    doubtful = {"id": "doubtful", "boundingBox": {"x": 100, "y": 320, "w": 60, "h": 130}}
    doubtful["classifications"] = [{"confidence": 0.2, "label": "Soap"}, {"confidence": 0.75, "label": "Tea"}]
    # between s2, whose place it takes in part, and t1, which it is
    assert _matched(_request([*shelf, doubtful])).get("t1") == "doubtful"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(PRODUCTS)), min_size=2, max_size=5),
    st.lists(st.sampled_from(sorted(PRODUCTS)), min_size=2, max_size=5),
    st.integers(4, 40),
)
def test_any_planogram_is_matched_with_a_photo_of_itself(upper, lower, scale):
    positions = {}
    for fixture, foot, ids in (("upper", 20, upper), ("lower", 45, lower)):
        x = 0
        for place, product in enumerate(ids):
            _, wide, high = PRODUCTS[product]
            positions[f"{fixture} {place}"] = (product, fixture, x, foot - high)
            x += wide + 1
    request = _request(_shelf(positions=positions, scale=scale), positions=positions, size=(40 * scale, 50 * scale))
    assert _matched(request) == {id: id for id in positions}


def test_the_guides_words_are_answered_in_the_guides_form(client):
    answer = client.post(PATH, json=_request(_shelf(without={"o2"})))
    assert answer.status_code == 200
    _check(answer.json(), SCHEMA["guide"])
    matched = answer.json()["matchedResultsPerPosition"]
    assert [one["positionId"] for one in matched] == list(POSITIONS)
    assert matched[0]["detectedObject"] == {
        "id": "o1",
        "boundingBox": {"x": 0, "y": 40, "w": 80, "h": 160},
        "classifications": [{"confidence": 0.9, "label": "Oat Milk 1 l"}],
    }
    assert matched[1] == {"positionId": "o2"}


def test_the_references_words_are_answered_in_the_references_form(client):
    answer = client.post(PATH, json=_tagged(_request(_shelf(), [_object("gap 1", (380, 40, 20, 160), "gap")])))
    assert answer.status_code == 200
    _check(answer.json(), SCHEMA["reference"])
    matched = answer.json()["matchingResultPerPosition"]
    assert answer.json()["matchedResultsPerPosition"] == matched
    assert matched[3]["detectedObject"]["tags"] == [{"confidence": 0.9, "name": "Cola 0.33 l"}]


def test_the_documents_own_examples_are_answered(client):
    """The planogram and the object of the reference's example; the names in it fit nothing, so places decide."""
    box = {"x": 197, "y": 68, "w": 356, "h": 394}
    thing = {"id": "1", "boundingBox": box, "tags": [{"name": "class1", "confidence": 0.92431640625}]}
    gap = {"id": "1", "boundingBox": box, "tags": [{"name": "gap", "confidence": 0.92431640625}]}
    request = {
        "detectedProducts": {"imageMetadata": {"width": 660, "height": 495}, "products": [thing], "gaps": [gap]},
        "planogram": {
            "width": 10,
            "height": 16,
            "products": [{"id": "1", "name": "product-1", "w": 8, "h": 25}],
            "fixtures": [{"id": "1", "w": 20, "h": 4, "x": 0, "y": 0}],
            "positions": [{"id": "1", "productId": "1", "fixtureId": "1", "x": 0, "y": 0}],
        },
    }
    answer = client.post(PATH, json=request)
    assert answer.json()["matchingResultPerPosition"] == [{"positionId": "1", "detectedObject": thing}]
    _check(answer.json(), SCHEMA["reference"])


def test_an_old_client_needs_only_another_address_and_key(client, key_for):
    key = key_for(Role.STORE)["Authorization"].removeprefix("Bearer ")
    del client.headers["Authorization"]
    request = _tagged(_request(_shelf()))
    request["planogram"] = _capitalised(request["planogram"])
    headers = {"Ocp-Apim-Subscription-Key": key, "Content-Type": "application/json-patch+json"}
    for path in (PATH, PATH.replace("computervision/", "computervision//")):
        answer = client.post(path, content=json.dumps(request), headers=headers)
        assert answer.status_code == 200, path
        assert {
            one["positionId"]: one["detectedObject"]["id"] for one in answer.json()["matchingResultPerPosition"]
        } == {id: id for id in POSITIONS}


def test_without_a_key_it_is_refused(client):
    del client.headers["Authorization"]
    answer = client.post(PATH, json=_request(_shelf()))
    assert (answer.status_code, answer.json()["code"]) == (401, "api-key-missing")
    assert answer.json()["error"]["code"] == "api-key-missing"
    answer = client.post(PATH, json=_request(_shelf()), headers={"Ocp-Apim-Subscription-Key": "slk_guess"})
    assert (answer.status_code, answer.json()["code"]) == (401, "api-key-invalid")


def test_what_is_wrong_is_named_in_both_forms_of_problem(client):
    for path, value, field in (
        (["planogram", "width"], None, "planogram.width"),
        (["planogram", "positions", 2, "productId"], "oil", "planogram.positions[2].productId"),
        (["planogram", "positions", 1, "id"], "o1", "planogram.positions[1].id"),
        (["planogram", "positions", 0, "id"], "\x00", "planogram.positions.0.id"),
        (["planogram", "products", 0, "w"], 0, "planogram.products.0.w"),
        (["detectedProducts", "products", 0, "boundingBox", "w"], -1, "detectedProducts.products.0.boundingBox.w"),
        (["detectedProducts", "products"], {}, "detectedProducts.products"),
    ):
        request = _request(_shelf())
        part = request
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = value
        answer = client.post(PATH, json=request)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert answer.json()["error"] == {"code": answer.json()["code"], "message": answer.json()["detail"]}


def test_the_schema_check_refuses_other_forms():
    with pytest.raises(AssertionError):
        _check({"matchedResultsPerPosition": [{"positionId": 1}]}, SCHEMA["guide"])
    with pytest.raises(AssertionError):
        _check({"matchedResultsPerPosition": [{"positionId": "1", "verdict": "correct"}]}, SCHEMA["guide"])
    with pytest.raises(AssertionError):
        _check({"matchedResultsPerPosition": [{}]}, SCHEMA["guide"])


def _shelf(without=(), positions=POSITIONS, scale=10):
    """Return what recognition finds, each object under the id of the position that it stands in."""
    found = []
    for id, (product, _, x, y) in positions.items():
        name, w, h = PRODUCTS[product]
        if id not in without:
            found.append(_object(id, (x * scale, y * scale, w * scale, h * scale), name))
    return found


def _object(id, box, label, confidence=0.9):
    box = dict(zip("xywh", box, strict=True))
    return {"id": id, "boundingBox": box, "classifications": [{"confidence": confidence, "label": label}]}


def _seen(thing, plane):
    x, y, w, h = thing["boundingBox"].values()
    corners = np.array([[[x, y], [x + w, y], [x + w, y + h], [x, y + h]]], np.float64)
    points = cv2.perspectiveTransform(corners, plane)[0]
    left, top = points.min(0).round().astype(int).tolist()
    right, bottom = points.max(0).round().astype(int).tolist()
    return {**thing, "boundingBox": {"x": left, "y": top, "w": right - left, "h": bottom - top}}


def _request(products, gaps=(), positions=POSITIONS, size=(400, 500)):
    fixtures = [{"id": id, "w": 40, "h": 1.5, "x": 0, "y": y} for id, y in (("upper", 20), ("lower", 45))]
    return {
        "planogram": {
            "width": 40.0,
            "height": 50.0,
            "products": [{"id": id, "name": name, "w": w, "h": h} for id, (name, w, h) in PRODUCTS.items()],
            "fixtures": fixtures,
            "positions": [
                {"id": id, "productId": product, "fixtureId": fixture, "x": x, "y": y}
                for id, (product, fixture, x, y) in positions.items()
            ],
        },
        "detectedProducts": {
            "imageMetadata": {"width": size[0], "height": size[1]},
            "products": list(products),
            "gaps": list(gaps),
        },
    }


def _tagged(request):
    for thing in (*request["detectedProducts"]["products"], *request["detectedProducts"]["gaps"]):
        classifications = thing.pop("classifications")
        thing["tags"] = [{"confidence": one["confidence"], "name": one["label"]} for one in classifications]
    return request


def _capitalised(sent):
    if isinstance(sent, list):
        return [_capitalised(one) for one in sent]
    if isinstance(sent, dict):
        return {name[0].upper() + name[1:]: _capitalised(value) for name, value in sent.items()}
    return sent


def _matched(request):
    """Return the object in each position that has one."""
    matched = match(MatchRequest.model_validate(request))
    assert [one.position_id for one in matched] == [one["id"] for one in request["planogram"]["positions"]]
    return {one.position_id: one.detected_object.id for one in matched if one.detected_object is not None}


TYPES = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int}


def _check(value, schema):
    """Check a value against the part of JSON Schema that the answers need."""
    if "$ref" in schema:
        return _check(value, SCHEMA[schema["$ref"].removeprefix("#/")])
    assert set(schema) <= {"type", "required", "additionalProperties", "properties", "items"}
    assert isinstance(value, TYPES[schema["type"]]), f"{value!r} is no {schema['type']}"
    if schema["type"] == "array":
        for one in value:
            _check(one, schema["items"])
    if schema["type"] == "object":
        assert set(schema["required"]) <= set(value) <= set(schema["properties"]), set(value)
        for name, one in value.items():
            _check(one, schema["properties"][name])
    return None
