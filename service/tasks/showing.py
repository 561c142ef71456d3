"""Everything that the page shows of a task, in one answer.

Plain dictionaries, not models: a dense shelf has 300 boxes and as many products, and checking each again would take
longer than reading them. `showing_schemas.TaskView` documents the same shape, and a test holds the two together.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from labeling.annotations import FLAGS
from labeling.costs import ACCEPT_SECONDS
from labeling.guidelines import Example, Guideline, Rule
from labeling.leases import TaskKind
from service.auth.callers import Caller
from service.guidelines import guideline_for
from service.records import CaptureRecord, TaskRecord
from service.tasks.drafts import draft_answer, draft_of
from service.tasks.in_hand import is_held
from service.tasks.planned import planned
from service.tasks.prelabels import prelabels
from service.tasks.queries import annotation_of, newest_cost
from service.tasks.showing_queries import best_references, products_of, reachable_captures
from service.tasks.siblings import Siblings


def show_task(
    session: Session, task: TaskRecord, capture: CaptureRecord, caller: Caller, siblings: Siblings, now: datetime
) -> dict[str, Any]:
    """Return what `showing_schemas.TaskView` describes.

    It is put together alike for every purpose of a task, so that nobody sees which one is a blind copy.
    """
    held = is_held(task, caller.id, now)
    draft = draft_of(session, task.id, caller.id)
    earlier = annotation_of(session, task.id)  # a blind copy has none: what is drawn of it is kept elsewhere
    boxes = []
    if task.kind == TaskKind.BOXES:
        boxes = [_prelabel(box) for box in prelabels(session, task, capture, earlier)]
    plan, no_plan = planned(session, task, capture)
    named = _named(boxes, plan)
    products = _products(session, named, siblings, capture, caller, now)
    return {
        "id": task.id,
        "kind": task.kind,
        "state": task.state,
        "capture_id": capture.id,
        "store_id": capture.store_id,
        "bay_id": capture.bay_id,
        "taken_at": capture.taken_at.isoformat(),
        "leased_until": task.leased_until.isoformat() if held and task.leased_until else None,
        "photo_url": f"/v1/captures/{capture.id}/photo",
        "width": capture.width,
        "height": capture.height,
        "tile": task.tile,
        "reason": task.reason,
        "note": task.note if task.expert else None,
        "expected_seconds": _expected_seconds(session, task),
        "predicted_boxes": task.predicted_boxes,
        "prelabels": boxes,
        "prelabels_by": "model" if earlier is None else "person",
        "prelabel_model_version": capture.model_version,
        "planogram": plan,
        "no_planogram": no_plan,
        "products": products,
        "guideline": _guideline(session, task, caller, _categories(products[one] for one in named if one in products)),
        "draft": None if draft is None else draft_answer(draft, held=held).model_dump(mode="json"),
    }


def _prelabel(box: Mapping[str, Any]) -> dict[str, Any]:
    naming = box.get("naming") or {}
    return {
        "kind": box["kind"],
        "box": box["box"],
        "gtin": box.get("gtin"),
        "probability": naming.get("probability") if box.get("gtin") else None,
        "guesses": naming.get("products", []),
        "unknown": naming.get("unknown", False),
        "confidence": box.get("confidence"),
        **{flag: bool(box.get(flag)) for flag in FLAGS},
        "former_gtin": box.get("former_gtin"),
    }


def _expected_seconds(session: Session, task: TaskRecord) -> float:
    cost = newest_cost(session)
    if task.kind == TaskKind.VERDICTS:
        return round(cost.per_task + ACCEPT_SECONDS * task.predicted_boxes, 1)
    return round(cost.seconds(task.predicted_boxes), 1)


def _named(boxes: Sequence[Mapping[str, Any]], plan: Mapping[str, Any] | None) -> set[str]:
    """Return the GTINs that are named in boxes and in positions."""
    named = {box[key] for box in boxes for key in ("gtin", "former_gtin") if box[key]}
    named |= {guess["gtin"] for box in boxes for guess in box["guesses"]}
    return named | {position["gtin"] for position in (plan["positions"] if plan else ())}


def _products(
    session: Session, named: set[str], siblings: Siblings, capture: CaptureRecord, caller: Caller, now: datetime
) -> dict[str, dict[str, Any]]:
    near = siblings.of(session, named, now.date())
    gtins = named.union(*near.values())
    pictures = best_references(session, gtins, caller.store_ids, capture.id)
    return {
        gtin: {
            "gtin": gtin,
            "name": product.name,
            "family": product.family,
            "category": product.category,
            "picture_url": picture_url(gtin, pictures.get(gtin)),
            "siblings": near.get(gtin, []),
        }
        for gtin, product in products_of(session, gtins).items()
    }


def picture_url(gtin: str, reference_id: str | None) -> str | None:
    """Return where a product's reference picture is, None for none."""
    return None if reference_id is None else f"/v1/products/{gtin}/references/{reference_id}/picture"


def _categories(products: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the categories of products and all above them, as rules name them."""
    paths = {tuple(product["category"]) for product in products}
    return {"/".join(path[:depth]) for path in paths for depth in range(1, len(path) + 1)}


def _guideline(session: Session, task: TaskRecord, caller: Caller, categories: set[str]) -> dict[str, Any]:
    guideline = guideline_for(session, task)
    rules = list(_applying(guideline, task, categories))
    examples = [example for rule in rules for example in (*rule.examples, *rule.counter_examples)]
    shown = [example.capture_id for example in examples if example.capture_id is not None]
    reachable = reachable_captures(session, shown, caller.store_ids) if shown else set()
    return {
        "version": guideline.version,
        "text": guideline.text,
        "rules": [_rule(rule, reachable) for rule in rules],
        "when_to_skip": guideline.when_to_skip,
        "when_to_escalate": guideline.when_to_escalate,
    }


def _applying(guideline: Guideline, task: TaskRecord, categories: set[str]) -> Iterable[Rule]:
    """Yield the rules that can matter in a task: for verdicts those about verdicts, else those of its categories."""
    for rule in guideline.rules:
        verdicts = rule.boundary == "verdict"
        elsewhere = rule.categories and categories and categories.isdisjoint(rule.categories)
        if verdicts == (task.kind == TaskKind.VERDICTS) and not elsewhere:
            yield rule


def _rule(rule: Rule, reachable: set[str]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "boundary": rule.boundary,
        "kinds": rule.kinds,
        "text": rule.text,
        "examples": [_example(example, reachable) for example in rule.examples],
        "counter_examples": [_example(example, reachable) for example in rule.counter_examples],
    }


def _example(example: Example, reachable: set[str]) -> dict[str, Any]:
    url = None
    if example.capture_id in reachable and example.box is not None:
        x1, y1, x2, y2 = example.box
        url = f"/v1/captures/{example.capture_id}/crop?x1={x1:g}&y1={y1:g}&x2={x2:g}&y2={y2:g}"
    return {"text": example.text, "picture_url": url}
