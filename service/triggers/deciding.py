"""Whether a trigger is due, in words. Nothing here reads records or the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.retrainings.schemas import Trigger
from service.settings import TriggerSettings

MOST_FAILURES = 3  # in a row, after which only a person orders the next one
_NAMED = 3
_SINGULAR = {"boxes": "box", "products": "product", "bays": "bay"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What happened since the last retraining of a model that did not fail.

    Attributes:
        now: the time of the look.
        since: when that one was ordered; None where there was none.
        ordered_at: when the very last one was ordered, failed or not.
        in_flight: what is known of the one that is not over, empty if there is none.
        failures: how many failed in a row, the last ones.
        labelled: whether there is any label at all to train on.
        boxes: drawn or corrected since.
        products: names of products that are new or look new since, with a label or a reference picture.
        bays: whose planogram was reset since.
        drift: why drift advises a retraining, empty if it does not.
    """

    now: datetime
    since: datetime | None
    ordered_at: datetime | None
    in_flight: str
    failures: int
    labelled: bool
    boxes: int
    products: tuple[str, ...]
    bays: tuple[str, ...]
    drift: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a trigger is from ordering a retraining.

    Attributes:
        trigger: which one.
        on: whether it may order one.
        due: whether it would, were nothing in the way.
        have: how much of what it counts there is; None where it does not count.
        need: from how much on it is due; None where it is off or does not count.
        unit: of both.
        words: the same for people; where it is due, the reason that a retraining records.
    """

    trigger: Trigger
    on: bool
    due: bool
    have: float | None
    need: float | None
    unit: str
    words: str


def standings(evidence: Evidence, settings: TriggerSettings) -> list[Standing]:
    """Return every trigger that is not a person, the most specific first: a retraining is named after the first."""
    return [
        _drift(evidence, settings.drift),
        _planogram(evidence, settings.planogram_bays),
        _catalogue(evidence, settings.catalogue_products),
        _labels(evidence, settings.label_boxes),
        _schedule(evidence, settings.schedule_days),
    ]


def due(found: list[Standing], evidence: Evidence, settings: TriggerSettings) -> list[Standing]:
    """Return the triggers that order a retraining now: none while something holds them."""
    if holds(evidence, settings):
        return []
    enough = evidence.boxes >= settings.fewest_boxes
    # New products are learnt from their reference pictures, too.
    return [one for one in found if one.due and (enough or one.trigger == "catalogue")]


def holds(evidence: Evidence, settings: TriggerSettings) -> str:
    """Return in words what keeps all triggers from ordering, empty if nothing does."""
    if evidence.in_flight:
        return evidence.in_flight
    if not evidence.labelled:
        return "there is no label to train on yet"
    if evidence.failures >= MOST_FAILURES:
        return f"the last {evidence.failures} retrainings failed: see why, and order the next one by hand"
    if evidence.ordered_at is not None:
        left = evidence.ordered_at + timedelta(hours=settings.least_hours) - evidence.now
        if left > timedelta(0):
            return f"the last one was ordered less than {settings.least_hours:g} hours ago: {_hours(left)} to wait"
    return ""


def too_few_boxes(evidence: Evidence, settings: TriggerSettings) -> str:
    """Return in words why triggers other than the catalogue's wait for labels, empty if they do not."""
    if evidence.boxes >= settings.fewest_boxes:
        return ""
    missing = settings.fewest_boxes - evidence.boxes
    return f"without {missing} more labelled boxes the fit would see what the last one saw"


def _labels(evidence: Evidence, need: int) -> Standing:
    said = f"{evidence.boxes} {_many(evidence.boxes, 'box', 'boxes')} labelled {_since(evidence)}"
    return _counted("labels", evidence.boxes, need, "boxes", said, "more labelled {}")


def _catalogue(evidence: Evidence, need: int) -> Standing:
    count = len(evidence.products)
    said = f"{count} {_many(count, 'product is', 'products are')} new or {_many(count, 'looks', 'look')} new "
    said += f"{_since(evidence)}{_named(evidence.products)}"
    more = "more new {} that a label or a reference picture shows"
    return _counted("catalogue", count, need, "products", said, more)


def _planogram(evidence: Evidence, need: int) -> Standing:
    count = len(evidence.bays)
    said = f"{count} {_many(count, 'bay', 'bays')} got another layout {_since(evidence)}{_named(evidence.bays)}"
    return _counted("planogram", count, need, "bays", said, "more {} with another layout")


def _drift(evidence: Evidence, on: bool) -> Standing:
    due, words = bool(evidence.drift), evidence.drift or "when drift has lasted (GET /v1/drift)"
    return Standing("drift", on, on and due, None, None, "", words if on else f"off; {words}")


def _schedule(evidence: Evidence, need: float) -> Standing:
    on = need > 0
    if evidence.since is None:
        words = "no retraining yet"
        return Standing("schedule", on, on, None, need or None, "days", words if on else f"off; {words}")
    passed = (evidence.now - evidence.since) / timedelta(days=1)
    said = f"{passed:.1f} days since the last retraining"
    if not on:
        return Standing("schedule", False, False, passed, None, "days", f"off; {said}")
    is_due = passed >= need
    words = said if is_due else f"in {need - passed:.1f} days"
    return Standing("schedule", True, is_due, passed, need, "days", words)


def _counted(trigger: Trigger, have: int, need: int, unit: str, said: str, more: str) -> Standing:
    if not need:
        return Standing(trigger, False, False, have, None, unit, f"off; {said}")
    left = need - have
    words = said if left <= 0 else f"after {left} {more.format(_many(left, _SINGULAR[unit], unit))}"
    return Standing(trigger, True, have >= need, have, need, unit, words)


def _since(evidence: Evidence) -> str:
    return "so far" if evidence.since is None else f"since the retraining of {evidence.since:%Y-%m-%d}"


def _named(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f": {', '.join(names[:_NAMED])}{more}"


def _many(count: int, one: str, more: str) -> str:
    return one if count == 1 else more


def _hours(left: timedelta) -> str:
    minutes = -(-left // timedelta(minutes=1))
    return f"{minutes // 60} h {minutes % 60} min"
