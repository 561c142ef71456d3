"""From a photo to the webhook that tells of it."""

import json

from sqlalchemy import select

from service.records import DeliveryRecord
from tests.service.compliance.painted import paint


def test_a_receiver_hears_what_a_photo_changed(client, context, planned, sent):
    with context.database.read() as session:
        assert session.scalars(select(DeliveryRecord)).all() == []
    added = client.post("/v1/webhooks", json={"url": "https://not-yet.invalid/", "store_ids": ["s1"]})
    added.raise_for_status()

    def told():
        with context.database.read() as session:
            bodies = session.scalars(select(DeliveryRecord.body).order_by(DeliveryRecord.number)).all()
        return [json.loads(body)["data"] for body in bodies]

    sent(paint("rgbyr", "cmwcb"))
    assert told() == [], "all is as planned"
    hole = sent(paint("rg yr", "cmwcb", brightness=120), minute=20)
    assert sent(paint("rg yr", "cmwcb", brightness=120), minute=20)["duplicate"]
    refilled = sent(paint("rgbyr", "cmwcb", brightness=134), minute=40)
    assert [one["capture_id"] for one in told()] == [hole["id"], refilled["id"]]
    assert [
        [(c["shelf"], c["slot"], c["name"], c["before"], c["verdict"], c["facings_seen"]) for c in one["changes"]]
        for one in told()
    ] == [
        [(1, 3, "Product b", "correct", "out_of_stock", 0)],
        [(1, 3, "Product b", "out_of_stock", "correct", 1)],
    ]
