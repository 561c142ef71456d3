"""What each change of the catalogue does to labels, references and planogram positions, over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from retail.catalogue_events import Delisted, InvalidChange, Merged, Relisted, Renamed
from retail.gtin import Gtin
from service.auth.permissions import Role
from service.catalogue.expiring import expire_due, keep_expiring
from service.catalogue.queries import hold_catalogue
from service.catalogue.service import change_all
from service.ids import new_id
from service.records import AnnotationRecord, ReferenceRecord, TaskRecord
from tests.service.catalogue.labelling import draw

A, B, C, D = (f"000000000000{end}" for end in ("17", "24", "31", "48"))
BOXES = [[10, 20, 110, 220], [200, 20, 300, 220], [400, 20, 500, 220]]


def test_a_rename_takes_everything_along_and_back(shop: Any) -> None:
    tried = shop.happen(A, "rename", {"new_gtin": C}, dry_run=True)
    assert (tried["dry_run"], tried["changed"], tried["catalogue_version"]) == (True, True, 4)
    assert shop.labels() == [(A, "current"), (B, "current")]
    done = shop.happen(A, "rename", {"new_gtin": C})
    assert done == {**tried, "dry_run": False}
    assert done["counts"] == {"facings": 1, "references": 1, "positions": 1}
    assert shop.touched(4) == [
        ("0", "remapped", A, C),
        ("1/1/1", "remapped", A, C),
        ("ref-a", "remapped", A, C),
    ]
    assert shop.labels() == [(C, "current"), (B, "current")]
    assert shop.references() == {"ref-a": (C, C, "live"), "ref-b": (B, B, "live")}
    assert shop.planned() == [(C, "current"), (B, "current")]
    assert shop.gallery_changes() == ["ref-a"]
    again = shop.happen(A, "rename", {"new_gtin": C})
    assert (again["changed"], again["catalogue_version"], again["counts"]["facings"]) == (False, 4, 0)
    former = shop.client.get(f"/v1/products/{A}").json()
    assert (former["code"], former["detail"]) == ("product-not-found", f"Product {A} became {C}.")
    shop.happen(C, "rename", {"new_gtin": A})
    assert shop.references()["ref-a"] == (A, A, "live")
    assert shop.labels()[0] == (A, "current")
    shop.check_log()


def test_a_merge_follows_into_the_next(shop: Any) -> None:
    shop.put(f"/v1/products/{C}", {"name": "Milk", "category": ["dairy"]})
    shop.happen(A, "merge", {"into": B})
    assert shop.happen(B, "merge", {"into": C})["counts"] == {"facings": 2, "references": 2, "positions": 2}
    assert shop.labels() == [(C, "current"), (C, "current")]
    assert shop.references() == {"ref-a": (A, C, "live"), "ref-b": (B, C, "live")}
    assert [look["id"] for look in shop.client.get(f"/v1/products/{C}").json()["variants"]] == [C, A, B]
    shop.add_task(new_id(shop.context.clock()))
    assert [box["gtin"] for box in shop.label(A).json()["boxes"]] == [C], "an old GTIN is read as the new one"
    assert shop.refused(A, "delist", {"last_day": "2026-03-01"})[1:] == (
        "catalogue-change-refused",
        "gtin",
        f"Use {C} instead.",
    )
    shop.check_log()


def test_a_split_asks_people_again(shop: Any) -> None:
    parts = [{"gtin": gtin, "name": name, "category": ["dairy"]} for gtin, name in ((C, "Whole"), (D, "Skimmed"))]
    done = shop.happen(A, "split", {"into": parts})
    assert {(one["action"], one["after"]) for one in done["touched"]} == {("requeued", None)}
    assert shop.labels() == [(A, "requeued"), (B, "current")]
    assert shop.references()["ref-a"] == (A, A, "requeued")
    assert shop.planned() == [(A, "requeued"), (B, "current")]
    assert shop.gallery_changes() == ["ref-a"]
    (task,) = shop.client.get("/v1/tasks?state=queued").json()
    assert task["reason"] == (
        f"catalogue version 4 split Milk 1 l ({A}) into Whole ({C}) and Skimmed ({D}): "
        "say which of the two each facing shows"
    )
    again = shop.happen(A, "split", {"into": parts})
    assert (again["changed"], again["catalogue_version"]) == (False, 4)
    refused = shop.label(A).json()
    assert (refused["code"], refused["field"]) == ("product-split", "boxes[0].gtin")
    assert refused["remedy"] == f"Say which one it is: {C} (Whole) or {D} (Skimmed)."
    shop.check_log()


def test_a_task_labelled_again_counts_once(shop: Any) -> None:
    parts = [{"gtin": gtin, "name": "Milk", "category": ["dairy"]} for gtin in (A, C)]
    shop.happen(A, "split", {"into": parts})
    lease = shop.client.post("/v1/tasks/lease", json={}).json()
    (task,) = lease["tasks"]
    assert [box["gtin"] for box in task["prelabels"]] == [None, B, None]
    assert [box.get("former_gtin") for box in task["prelabels"]] == [A, None, None]
    assert [box["box"] for box in task["prelabels"]] == BOXES
    parts = [{"gtin": gtin, "name": "Small milk", "category": ["dairy"]} for gtin in (B, D)]
    shop.happen(B, "split", {"into": parts})
    boxes = [{"kind": "facing", "box": box, "gtin": gtin} for box, gtin in zip(BOXES, (C, D, None), strict=True)]
    late = shop.client.post(
        f"/v1/tasks/{task['id']}/annotations", json={"lease_token": lease["lease_token"], "boxes": boxes}
    )
    assert late.json()["code"] == "lease-expired", "who was labelling did not know of the second split"
    (waiting,) = shop.client.get("/v1/tasks?state=queued").json()
    assert "version 4 split" in waiting["reason"]
    assert "version 5 split" in waiting["reason"]
    assert shop.label(C, D, None).status_code == 201
    assert shop.labels() == [(A, "replaced"), (B, "replaced"), (C, "current"), (D, "current")]
    kept = shop.client.get(f"/v1/tasks/{task['id']}/annotation").json()
    assert [box["gtin"] for box in kept["boxes"]] == [C, D, None]
    with shop.context.database.read() as session:
        first, second = session.scalars(select(AnnotationRecord).order_by(AnnotationRecord.id))
    assert (first.superseded_by, second.superseded_by) == (second.id, None)
    assert shop.happen(C, "merge", {"into": A})["counts"]["facings"] == 1, "what is superseded is not touched"
    shop.check_log()


def test_delisted_and_relisted(shop: Any) -> None:
    shop.happen(A, "delist", {"last_day": "2026-03-01"})
    assert shop.labels() == [(A, "expired"), (B, "current")]
    assert shop.references()["ref-a"] == (A, A, "expired")
    assert shop.planned() == [(A, "expired"), (B, "current")]
    assert shop.client.get(f"/v1/products/{A}").json()["valid_until"] == "2026-03-01"
    shop.add_task(new_id(shop.context.clock()))
    assert shop.label(A).json()["code"] == "product-delisted"
    assert shop.refused(A, "merge", {"into": B}) == (409, "catalogue-change-refused", "gtin", "Relist it first.")
    shop.add_reference("spoiled", A)
    with shop.context.database.write() as session:
        session.get_one(ReferenceRecord, "spoiled").state = "expired"  # for a reason of its own
    back = shop.happen(A, "relist")
    assert [one["action"] for one in back["touched"]] == ["restored"] * 3
    assert shop.labels() == [(A, "current"), (B, "current")]
    assert shop.planned() == [(A, "current"), (B, "current")]
    assert (shop.references()["ref-a"][2], shop.references()["spoiled"][2]) == ("live", "expired")
    assert shop.gallery_changes() == ["ref-a", "ref-a"]
    assert not shop.happen(A, "relist")["changed"]
    shop.check_log()


def test_a_last_day_to_come_expires_when_it_has_come(shop: Any, clock: Any) -> None:
    assert shop.happen(A, "delist", {"last_day": "2026-03-03"})["touched"] == []
    with shop.context.database.write() as session:
        assert expire_due(session, clock()) == []
    clock.advance(days=2)
    with shop.context.database.write() as session:
        expire_due(session, clock())
    assert shop.labels() == [(A, "expired"), (B, "current")]
    assert shop.touched(4) == [("0", "expired", A, None), ("1/1/1", "expired", A, None), ("ref-a", "expired", A, None)]
    later = shop.happen(A, "delist", {"last_day": "2026-03-09"})
    assert [one["action"] for one in later["touched"]] == ["restored"] * 3


def test_new_packaging_and_looks_that_were_none(shop: Any) -> None:
    shop.happen(A, "refresh", {"variant_id": "2026", "valid_from": "2026-03-01", "last_day_of_old": "2026-04-01"})
    looks = shop.client.get(f"/v1/products/{A}").json()["variants"]
    assert looks == [
        {"id": A, "kind": "old_design", "valid_from": None, "valid_until": "2026-04-01"},
        {"id": "2026", "kind": "regular", "valid_from": "2026-03-01", "valid_until": None},
    ]
    shop.add_reference("new", "2026")
    shop.add_reference("same picture", "2026", sha256="ref-a")
    assert shop.put(f"/v1/products/{A}/variants/2026", {"kind": "promotion"})["changed"]
    removed = shop.client.delete(f"/v1/products/{A}/variants/2026").json()
    assert removed["counts"] == {"facings": 0, "references": 2, "positions": 0}
    assert shop.touched(removed["catalogue_version"]) == [
        ("new", "remapped", A, A),
        ("same picture", "expired", A, None),
    ]
    assert shop.references() == {"ref-a": (A, A, "live"), "new": (A, A, "live"), "ref-b": (B, B, "live")}
    assert sorted(shop.gallery_changes()) == ["new", "same picture"]
    assert not shop.client.delete(f"/v1/products/{A}/variants/2026").json()["changed"]
    first_look = shop.client.delete(f"/v1/products/{A}/variants/{A}").json()
    assert (first_look["status"], first_look["field"]) == (409, "variant_id")
    shop.check_log()


def test_a_picture_of_both_the_old_and_the_new_stays_in_the_gallery(shop: Any) -> None:
    parts = [{"gtin": gtin, "name": "Milk", "category": ["dairy"]} for gtin in (C, D)]
    shop.happen(A, "split", {"into": parts})
    shop.add_reference("ref-c", C, sha256="ref-a")
    shop.happen(D, "merge", {"into": C})
    shop.happen(C, "rename", {"new_gtin": A})
    assert shop.references()["ref-c"] == (A, A, "live")
    assert "ref-a" not in shop.references()
    shop.check_log()


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("rename", {"new_gtin": "12"}, "new_gtin"),
        ("merge", {"into": "12"}, "into"),
        ("split", {"into": []}, "into"),
        ("split", {"into": [{"gtin": "12", "name": "x", "category": ["y"]}] * 2}, "into[0].gtin"),
        ("delist", {"last_day": "yesterday"}, "last_day"),
        ("refresh", {"variant_id": "a/b", "last_day_of_old": "2026-01-01"}, "variant_id"),
    ],
)
def test_what_cannot_be_read(shop: Any, what: str, body: Any, field: str) -> None:
    status, _, named, _ = shop.refused(A, what, body)
    assert (status, named) == (422, field)


def test_what_is_not_there(shop: Any) -> None:
    assert shop.refused(C, "relist")[:3] == (404, "product-not-found", "gtin")
    assert shop.refused(A, "merge", {"into": C})[:3] == (409, "catalogue-change-refused", "into")
    missing = shop.client.get("/v1/catalogue/changes/99/touched").json()
    assert (missing["code"], missing["remedy"]) == ("catalogue-change-not-found", "The newest is 3.")


def test_touched_in_pages(shop: Any) -> None:
    shop.happen(A, "rename", {"new_gtin": C})
    path = "/v1/catalogue/changes/4/touched"
    seen, after = [], ""
    while after is not None:
        page = shop.client.get(path, params={"limit": 2, "after": after}).json()
        seen += [one["kind"] for one in page["touched"]]
        after = page["next"]
    assert seen == ["facing", "position", "reference"]


def test_the_newest_version_of_a_planogram_is_touched(shop: Any) -> None:
    assert (shop.plan(A, B)["version"], shop.plan(A, B)["changed"]) == (1, False)
    assert (shop.plan(B, B)["version"], shop.planned()) == (2, [(B, "current"), (B, "current")])
    assert shop.happen(A, "rename", {"new_gtin": C})["counts"]["positions"] == 0, "the old layout counts no longer"


def test_a_change_waits_for_who_is_about_to_point_at_the_product(shop: Any) -> None:
    id = new_id(shop.context.clock())
    shop.add_task(id)
    with ThreadPoolExecutor(1) as other:
        with shop.context.database.write() as session:
            hold_catalogue(session)
            task = session.get_one(TaskRecord, id)
            task.state = "labelled"
            boxes = [{"kind": "facing", "box": BOXES[0], "gtin": A}]
            draw(session, task, boxes, shop.context.clock())
            session.flush()
            answer = other.submit(shop.happen, A, "rename", {"new_gtin": C})
            time.sleep(0.3)
            assert not answer.done()
        assert answer.result(20)["counts"]["facings"] == 2
    assert sorted(shop.labels()) == [(B, "current"), (C, "current"), (C, "current")]


def test_many_changes_at_once_and_none_if_one_is_refused(shop: Any) -> None:
    now = shop.context.clock()
    with shop.context.database.write() as session:
        made = change_all(session, [Renamed(Gtin(A), Gtin(C)), Delisted(Gtin(C), now.date())], "a test", now)
    assert [{one.action for one in change.touched} for change in made] == [{"remapped"}, {"expired"}]
    assert shop.labels() == [(C, "expired"), (B, "current")]
    with (
        pytest.raises(InvalidChange, match="relist it first"),
        shop.context.database.write() as session,
    ):
        change_all(session, [Relisted(Gtin(C)), Delisted(Gtin(B), now.date()), Merged(Gtin(C), Gtin(B))], "a test", now)
    assert shop.labels() == [(C, "expired"), (B, "current")]
    shop.check_log()


def test_who_may(shop: Any, key_for: Any) -> None:
    for role in (Role.STORE, Role.ANNOTATOR):
        key = key_for(role)
        assert shop.client.get("/v1/catalogue/changes", headers=key).status_code == 200
        for method, path, body in (
            ("POST", f"/v1/products/{A}/rename", {"new_gtin": C}),
            ("DELETE", f"/v1/products/{A}/variants/x", None),
            ("GET", "/v1/catalogue/changes/1/touched", None),
            ("PUT", "/v1/planograms/b1", {"positions": [{"shelf": 1, "slot": 1, "gtin": A}]}),
            ("PUT", "/v1/bays/b1/planogram", {"planogram_id": "b1"}),
        ):
            assert shop.client.request(method, path, json=body, headers=key).json()["code"] == "role-not-allowed"
    elsewhere = shop.client.get("/v1/bays/b1/planogram", headers=key_for(Role.STORE, ["s2"]))
    assert elsewhere.json()["code"] == "store-out-of-scope"


def test_a_worker_expires_what_is_due(shop: Any, clock: Any) -> None:
    shop.happen(A, "delist", {"last_day": "2026-03-02"})
    clock.advance(days=1)
    stopping = Event()
    with ThreadPoolExecutor(1) as worker:
        done = worker.submit(keep_expiring, shop.context, stopping)
        while shop.labels()[0][1] == "current" and not done.done():
            time.sleep(0.02)
        stopping.set()
    assert shop.labels() == [(A, "expired"), (B, "current")]
