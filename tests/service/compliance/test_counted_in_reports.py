"""Captures that were sent are counted in reports, in the same transaction."""

from service.records import DayVerdictRecord
from tests.service.compliance.painted import PLANNED, gtin, paint

FIGURES = ("bays", "positions", "correct", "out_of_stock", "undecided")


def test_a_capture_is_counted_once_a_day(client, planned, sent):
    sent(paint(*PLANNED))
    sent(paint("rgb r", "cmwcb"), minute=60)
    asked = {"by": ["store", "category"], "since": "2026-03-01", "until": "2026-03-01"}
    (row,) = client.get("/v1/reports/compliance", params=asked).json()["rows"]
    assert (row["store_id"], row["category"], row["compliance_rate"]) == ("s1", ["colours"], 0.9)
    assert [row[name] for name in FIGURES] == [1, 10, 9, 1, 0]
    shares = client.get("/v1/reports/share-of-shelf", params={"of": "product"}).json()["rows"]
    assert {row["gtin"]: round(row["share"], 2) for row in shares} == {
        gtin(colour): round(facings / 9, 2)
        for colour, facings in {"r": 2, "c": 2, "b": 2, "g": 1, "m": 1, "w": 1}.items()
    }


def test_a_photo_from_earlier_that_day_takes_nothing_back(client, planned, sent):
    sent(paint(*PLANNED), minute=60)
    sent(paint("rgb r", "cmwcb"))
    sent(paint("r byr", "cmwcb"), minute=24 * 60)
    rows = client.get("/v1/reports/compliance", params={"by": "week", "until": "2026-03-02"}).json()["rows"]
    assert [(row["week"], row["correct"], row["out_of_stock"]) for row in rows] == [
        ("2026-W09", 10, 0),
        ("2026-W10", 9, 1),
    ]


def test_a_photo_of_something_else_is_not_counted(client, context, planned, sent):
    assert not sent(paint("kkkkk", "kkkkk"))["compliance"]["fits"]
    assert client.get("/v1/reports/compliance").json()["rows"] == []
    with context.database.read() as session:
        assert session.query(DayVerdictRecord).count() == 0
