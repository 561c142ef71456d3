"""SQL about how often annotators were right on hidden gold."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeling.quality.boundaries import Boundary
from labeling.quality.gold_accuracy import Tally
from service.records import MarkRecord

ByDay = dict[date, Tally]


def tallies_of(session: Session, annotators: Iterable[str], since: date) -> dict[str, dict[Boundary, Tally]]:
    """Return how annotators did at each boundary from a day on."""
    query = (
        select(MarkRecord.annotator, MarkRecord.boundary, func.sum(MarkRecord.right), func.sum(MarkRecord.total))
        .where(MarkRecord.annotator.in_(set(annotators)), MarkRecord.day >= since)
        .group_by(MarkRecord.annotator, MarkRecord.boundary)
    )
    found: dict[str, dict[Boundary, Tally]] = defaultdict(dict)
    for annotator, boundary, right, total in session.execute(query):
        found[annotator][boundary] = Tally(int(right), int(total))
    return found


def tallies_by_day(
    session: Session, since: date, until: date | None = None, annotator: str | None = None
) -> dict[str, dict[Boundary, ByDay]]:
    """Return how annotators did at each boundary on each day: from one day on, until before another."""
    query = select(
        MarkRecord.annotator,
        MarkRecord.boundary,
        MarkRecord.day,
        func.sum(MarkRecord.right),
        func.sum(MarkRecord.total),
    ).where(MarkRecord.day >= since)
    if until is not None:
        query = query.where(MarkRecord.day < until)
    if annotator is not None:
        query = query.where(MarkRecord.annotator == annotator)
    found: dict[str, dict[Boundary, ByDay]] = defaultdict(lambda: defaultdict(dict))
    grouped = query.group_by(MarkRecord.annotator, MarkRecord.boundary, MarkRecord.day)
    for name, boundary, day, right, total in session.execute(grouped):
        found[name][boundary][day] = Tally(int(right), int(total))
    return found
