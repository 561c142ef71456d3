"""How alike people label, how right they are, and whether their habits drift."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeling.annotations import as_array
from labeling.quality.boundaries import PRODUCT, Boundary
from labeling.quality.conventions import DrawnPhoto, drifts
from labeling.quality.disagreements import confused_pairs
from labeling.quality.gold_accuracy import Tally
from labeling.quality.krippendorff import agreement_by_boundary
from service.quality.accuracy_queries import ByDay, tallies_by_day
from service.quality.drawn import read_today, seen_in
from service.quality.schemas import (
    AgreementAnswer,
    AnnotatorAnswer,
    BoundaryAccuracy,
    BoundaryAgreement,
    ConfusedPair,
    ConventionDrift,
    WeekAccuracy,
)
from service.quality.together import BY_PEOPLE, read_together
from service.records import AnnotationRecord, ApiKeyRecord, CaptureRecord, ProductRecord, TaskRecord

MOST_PAIRS = 50
MOST_DRAWN = 3000  # annotations whose habits are compared, the newest
FEWEST_SHOWN = 20  # answers: fewer, looked at again and again, would tell an annotator which task was gold


def agreement(session: Session, since: datetime | None) -> AgreementAnswer:
    """Return how alike people labelled what several of them labelled, at each boundary."""
    together = read_together(session, since=since)
    found = agreement_by_boundary([one.units for one in together])
    units = (unit for one in together for unit in one.units if not unit.boundary.startswith(f"{PRODUCT}:"))
    pairs = confused_pairs(units)[:MOST_PAIRS]
    names = _product_names(session, {answer for pair in pairs for answer in (pair.one, pair.other)})
    return AgreementAnswer(
        tasks=len(together),
        annotators=len({drawn.annotator for one in together for drawn in one.drawn}),
        boundaries=[
            BoundaryAgreement(
                boundary=boundary,
                alpha=agreed.alpha,
                low=agreed.low,
                high=agreed.high,
                observed=agreed.observed,
                decisions=agreed.units,
            )
            for boundary, agreed in found.items()
        ],
        confused=[
            ConfusedPair(
                boundary=pair.boundary,
                one=pair.one,
                one_name=names.get(pair.one),
                other=pair.other,
                other_name=names.get(pair.other),
                apart=pair.apart,
                together=pair.together,
            )
            for pair in pairs
        ],
    )


def annotators(session: Session, since: date) -> list[AnnotatorAnswer]:
    """Return how right each annotator was on hidden gold from a day on, and how much each labelled."""
    tallies = tallies_by_day(session, since)
    labelled = _labelled(session, since)
    names = _names(session, tallies.keys() | labelled.keys())
    return [
        _annotator(id, names[id], tallies.get(id, {}), labelled.get(id, 0))
        for id in sorted(names, key=lambda id: (names[id], id))
    ]


def own_accuracy(session: Session, annotator: str, since: date, today: date) -> AnnotatorAnswer:
    """Return an annotator's own accuracy until yesterday, where there were enough answers: never one by one."""
    tallies = tallies_by_day(session, since, until=today, annotator=annotator).get(annotator, {})
    enough = {boundary: days for boundary, days in tallies.items() if _sum(days.values()).total >= FEWEST_SHOWN}
    own = _annotator(
        annotator, _names(session, [annotator])[annotator], enough, _labelled(session, since).get(annotator, 0)
    )
    return own.model_copy(
        update={"boundaries": [one.model_copy(update={"weeks": _large(one.weeks)}) for one in own.boundaries]}
    )


def convention_drifts(session: Session) -> list[ConventionDrift]:
    """Return habits of annotators, and of all together, that changed in the last week."""
    rows = _newest_drawn(session)
    today = read_today(session, (annotation for annotation, _, _ in rows))
    photos = [
        DrawnPhoto(
            annotation.annotator,
            annotation.created_at,
            today.answer(annotation.boxes),
            as_array(today.answer({**one, "gtin": None} for one in seen_in(capture, tile))),
        )
        for annotation, capture, tile in rows
    ]
    names = _names(session, {annotation.annotator for annotation, _, _ in rows})
    return [
        ConventionDrift(
            annotator=drift.annotator or None,
            name=names.get(drift.annotator),
            habit=drift.habit,
            answer=drift.answer,
            since=drift.since,
            before=drift.before,
            after=drift.after,
            p_value=drift.p_value,
        )
        for drift in drifts(photos)
    ]


def _annotator(id: str, name: str, tallies: Mapping[Boundary, ByDay], labelled: int) -> AnnotatorAnswer:
    return AnnotatorAnswer(
        id=id,
        name=name,
        labelled=labelled,
        boundaries=[_accuracy(boundary, tallies[boundary]) for boundary in sorted(tallies)],
    )


def _accuracy(boundary: Boundary, days: ByDay) -> BoundaryAccuracy:
    whole = _sum(days.values())
    low, high = whole.interval
    weeks: dict[date, list[Tally]] = defaultdict(list)
    for day, tally in days.items():
        weeks[day - timedelta(days=day.weekday())].append(tally)
    sums = {week: _sum(found) for week, found in sorted(weeks.items())}
    return BoundaryAccuracy(
        boundary=boundary,
        right=whole.right,
        answers=whole.total,
        accuracy=whole.accuracy,
        low=low,
        high=high,
        weeks=[
            WeekAccuracy(week=week, right=found.right, answers=found.total, accuracy=found.accuracy)
            for week, found in sums.items()
        ],
    )


def _large(weeks: Iterable[WeekAccuracy]) -> list[WeekAccuracy]:
    return [week for week in weeks if week.answers >= FEWEST_SHOWN]


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Tally())


def _names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    wanted = list(ids)
    found = session.execute(select(ApiKeyRecord.id, ApiKeyRecord.name).where(ApiKeyRecord.id.in_(wanted)))
    names = {id: name for id, name in found}
    return {id: names.get(id, id) for id in wanted}


def _product_names(session: Session, answers: Iterable[str]) -> dict[str, str]:
    found = session.execute(select(ProductRecord.gtin, ProductRecord.name).where(ProductRecord.gtin.in_(list(answers))))
    return {gtin: name for gtin, name in found}


def _labelled(session: Session, since: date) -> dict[str, int]:
    counted = (
        select(AnnotationRecord.annotator, func.count())
        .where(AnnotationRecord.source.in_(BY_PEOPLE), AnnotationRecord.created_at >= _midnight(since))
        .group_by(AnnotationRecord.annotator)
    )
    return {annotator: count for annotator, count in session.execute(counted)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _newest_drawn(session: Session) -> Sequence[tuple[AnnotationRecord, CaptureRecord, list[float] | None]]:
    query = (
        select(AnnotationRecord, CaptureRecord, TaskRecord.tile)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .where(AnnotationRecord.source.in_(BY_PEOPLE))
        .order_by(AnnotationRecord.id.desc())
        .limit(MOST_DRAWN)
    )
    return [(*row,) for row in session.execute(query)]
