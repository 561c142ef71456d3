"""Some tasks are labelled by several people; what they say together counts and trains."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from labeling.leases import Purpose, TaskState
from service.auth.permissions import Role
from service.quality.consensus import overlap_copies
from service.quality.label_errors import merge_complete
from service.records import AnnotationRecord, BlindAnnotationRecord, ReviewRecord, TaskRecord
from service.retrainings.queries import current_labels, list_annotated


def counting(shop, task_id):
    with shop.context.database.read() as session:
        return session.query(AnnotationRecord).filter_by(task_id=task_id, superseded_by=None).one()


def test_three_people_make_one_annotation_that_supersedes_and_trains(shop, person):
    (task,) = shop.add_tasks(1)
    shop.context.settings.quality.overlap_share = 1
    ada, bob, cid = person("Ada", wrong_product=0.4, seed=1), person("Bob", seed=2), person("Cid", seed=3)
    assert [one["id"] for one in ada.label_all()] == [task]
    first = counting(shop, task)
    assert (first.source, first.annotator) == ("person", ada.id)
    assert ada.lease(count=5)["tasks"] == [], "nobody gets a copy of what he labelled"
    (copy,) = bob.label_all()
    assert copy["id"] != task
    assert {box["gtin"] for box in copy["prelabels"]} == {None}, "what Ada said is not shown"
    assert counting(shop, task).source == "person", "one copy is still to be labelled"
    cid.label_all()
    merged = counting(shop, task)
    truth = shop.truths[copy["capture_id"]]
    assert merged.source == "consensus"
    drawn = sorted(box["box"] for box in merged.boxes)
    assert drawn == [pytest.approx(box, abs=0.01) for box in sorted([box.x1, box.y1, box.x2, box.y2] for box in truth)]
    assert sorted(box["gtin"] or "" for box in merged.boxes) == sorted(box.gtin or "" for box in truth)
    with shop.context.database.read() as session:
        ((annotation, _, trained),) = list_annotated(session, None)
        assert (annotation.id, trained.id) == (merged.id, task)
        named = {place for place, box in enumerate(merged.boxes) if box["gtin"]}
        assert current_labels(session).keys() == {(merged.id, place) for place in named}
        assert session.get_one(AnnotationRecord, first.id).superseded_by == merged.id
        by = {blind.annotator for blind in session.query(BlindAnnotationRecord)}
    assert by == {bob.id, cid.id}
    own = ada.call("GET", f"/v1/tasks/{task}/annotation")
    assert (own["id"], own["annotator"]) == (first.id, ada.id), "an annotator sees what he drew"


def test_nobody_labels_a_task_twice_however_many_ask_at_once(shop, person):
    tasks = shop.add_tasks(4)
    shop.context.settings.quality.overlap_share = 1
    people = [person(f"P{number}", seed=number) for number in range(4)]
    for _ in range(6):  # who asks while others hold a lock on what is left is told that nothing is
        with ThreadPoolExecutor(4) as at_once:
            list(at_once.map(lambda one: one.label_all(), people))
    with shop.context.database.read() as session:
        rows = session.query(TaskRecord).all()
        firsts = session.query(AnnotationRecord).filter_by(source="person").all()
        blinds = session.query(BlindAnnotationRecord).all()
        merged = session.query(AnnotationRecord).filter_by(source="consensus").all()
    assert {row.state for row in rows} == {TaskState.LABELLED}
    assert len(rows) == 3 * len(tasks)
    who = [(one.capture_id, one.annotator) for one in (*firsts, *blinds)]
    assert len(who) == len(set(who)) == 12
    assert sorted(one.task_id for one in merged) == sorted(tasks), "each merged once"


def test_agreement_is_measured_at_each_boundary_and_names_what_is_confused(shop, person):
    shop.add_tasks(6)
    shop.context.settings.quality.overlap_share = 1
    shop.context.settings.quality.overlap_copies = 1
    ada, bob = person("Ada", seed=1), person("Bob", wrong_product=0.3, missing=0.1, seed=2)
    ada.label_all()
    bob.label_all()
    answer = person("Eve", Role.ENGINEER).call("GET", "/v1/agreement")
    assert (answer["tasks"], answer["annotators"]) == (6, 2)
    boundaries = {one["boundary"]: one for one in answer["boundaries"]}
    assert boundaries["kind"]["alpha"] == 1
    assert boundaries["product"]["observed"] == pytest.approx(0.7, abs=0.07)
    assert boundaries["product"]["low"] < boundaries["product"]["alpha"] < boundaries["product"]["high"]
    assert boundaries["presence"]["observed"] == pytest.approx(0.9, abs=0.05)
    worst = next(one for one in answer["confused"] if one["boundary"] == "product")
    assert worst["apart"] >= 1
    with shop.context.database.read() as session:
        asked = session.query(ReviewRecord).all()
    assert asked, "where two differ, a third person looks"
    assert all("disagree" in review.reason for review in asked)


def test_a_copy_that_nobody_wants_does_not_hold_the_others_up(shop, person):
    (task,) = shop.add_tasks(1)
    shop.context.settings.quality.overlap_share = 1
    ada, bob, cid = person("Ada"), person("Bob"), person("Cid")
    ada.label_all()
    bob.label_all()
    leased = cid.lease(count=1)
    skipped = {"lease_token": leased["lease_token"], "reason": "too_hard"}
    cid.call("POST", f"/v1/tasks/{leased['tasks'][0]['id']}/skip", json=skipped)
    assert counting(shop, task).source == "person"
    assert merge_complete(shop.context) == 1
    assert counting(shop, task).source == "consensus"
    assert merge_complete(shop.context) == 0


def test_copies_asked_for_beforehand_are_queued_once(shop, person, clock):
    (task,) = shop.add_tasks(1)
    for number in (2, 2, 3):
        with shop.context.database.write() as session:
            copies = overlap_copies(session, session.get_one(TaskRecord, task), number, clock())
            assert [copy.copy for copy in copies] == list(range(1, number + 1))
    people = [person(f"P{number}") for number in range(4)]
    for one in people:
        assert len(one.label_all()) == 1
    assert counting(shop, task).source == "consensus"
    with shop.context.database.read() as session:
        copies = session.query(TaskRecord).filter_by(purpose=Purpose.OVERLAP).all()
    assert {copy.copy_of for copy in copies} == {task}
    assert {copy.id[:12] for copy in copies} == {task[:12]}
