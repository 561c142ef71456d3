"""SQL about which captures are labelled, queued or in the pool, at some moment, and what they show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from labeling.leases import TaskKind, TaskState
from sampling.coverage import Category, Cell
from sampling.looks import Looks
from service.catalogue.queries import in_parts
from service.catalogue.states import State
from service.records import (
    AnnotationRecord,
    CaptureRecord,
    FacingLabelRecord,
    LooksRecord,
    PickRecord,
    ProductRecord,
    SignatureRecord,
    TaskRecord,
)

MOST = 5_000  # captures of the pool that are looked at closely; more would say the same more slowly
_ASKS_BOXES = TaskRecord.kind == TaskKind.BOXES  # verdicts on a planogram leave a capture in the pool
_SMALL = 100  # captures; a stratum of the pool with fewer is read as a whole, because what is rare matters here


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, or the moment at which a round began: what was labelled then, and what it left in the pool."""

    round_id: str | None = None
    began: datetime | None = None


NOW = Moment()


def labelled_cells(session: Session, moment: Moment, path: Category) -> Iterator[tuple[Cell, int]]:
    """Yield how many labelled captures show which category below a node, by what their labels mean today."""
    part = func.coalesce(ProductRecord.category[len(path)].as_string(), "")
    counted = (
        select(CaptureRecord.stratum, part, func.count(CaptureRecord.id.distinct()))
        .join(AnnotationRecord, AnnotationRecord.capture_id == CaptureRecord.id)
        .join(FacingLabelRecord, FacingLabelRecord.annotation_id == AnnotationRecord.id)
        .join(ProductRecord, ProductRecord.gtin == FacingLabelRecord.gtin)
        .where(FacingLabelRecord.state == State.CURRENT, labelled(moment))
        .group_by(CaptureRecord.stratum, part)
    )
    for place, name in enumerate(path):
        counted = counted.where(ProductRecord.category[place].as_string() == name)
    for stratum, name, count in session.execute(counted):
        yield Cell((*path, *filter(None, [name])), stratum), count


def unnamed_cells(session: Session, moment: Moment) -> Iterator[tuple[Cell, int]]:
    """Yield how many labelled captures show no product that the catalogue knows today."""
    named = select(FacingLabelRecord.gtin).where(
        FacingLabelRecord.annotation_id == AnnotationRecord.id, FacingLabelRecord.state == State.CURRENT
    )
    some = select(AnnotationRecord.id).where(AnnotationRecord.capture_id == CaptureRecord.id, named.exists())
    counted = select(CaptureRecord.stratum, func.count()).where(labelled(moment), ~some.exists())
    for stratum, count in session.execute(counted.group_by(CaptureRecord.stratum)):
        yield Cell((), stratum), count


def queued_captures(session: Session, moment: Moment) -> Sequence[tuple[str, str]]:
    """Return id and stratum of captures in tasks that wait for labels."""
    wanted = select(CaptureRecord.id, CaptureRecord.stratum).where(queued(moment))
    return [(id, stratum) for id, stratum in session.execute(wanted)]


def picked_captures(session: Session, round_id: str) -> Sequence[tuple[str, str, int]]:
    """Return id, stratum and rank of a round's picks, in the order of labelling."""
    picked = select(CaptureRecord.id, CaptureRecord.stratum, PickRecord.rank)
    picked = picked.join(PickRecord, PickRecord.capture_id == CaptureRecord.id)
    rows = session.execute(picked.where(PickRecord.round_id == round_id).order_by(PickRecord.rank))
    return [(id, stratum, rank) for id, stratum, rank in rows]


def pool_strata(session: Session, moment: Moment) -> dict[str, int]:
    """Return how many captures of the pool each stratum has."""
    counted = select(SignatureRecord.stratum, func.count()).where(in_pool(moment)).group_by(SignatureRecord.stratum)
    return {stratum: count for stratum, count in session.execute(counted)}


def pool_sample(session: Session, moment: Moment, totals: dict[str, int]) -> Sequence[tuple[str, str]]:
    """Return id and stratum of about MOST captures of the pool, the same ones each time; of a small pool all."""
    wanted = select(SignatureRecord.capture_id, SignatureRecord.stratum).where(in_pool(moment))
    small = [stratum for stratum, count in totals.items() if count < _SMALL]
    wanted = wanted.where(or_(drawn(sum(totals.values())), SignatureRecord.stratum.in_(small)))
    return [(id, stratum) for id, stratum in session.execute(wanted)]


def drawn(count: int) -> ColumnElement[bool]:
    """Return a condition that about MOST of so many captures meet, always the same ones.

    Ids end with digits of chance, so they are their own random numbers.
    """
    limit = min(16**6, 16**6 * MOST // max(count, 1))
    return func.substr(SignatureRecord.capture_id, 27) < (f"{limit:06x}" if limit < 16**6 else "g")


def classes_of(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what the recogniser took the distinct looks of captures for; those that left none are missing."""
    found: dict[str, tuple[str, ...]] = {}
    for part in in_parts(ids):
        rows = select(LooksRecord.capture_id, LooksRecord.looks).where(LooksRecord.capture_id.in_(part))
        found |= {id: Looks.from_bytes(looks).classes for id, looks in session.execute(rows)}
    return found


def products_labelled(session: Session, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield capture and GTIN of what is labelled in captures."""
    for part in in_parts(ids):
        named = (
            select(AnnotationRecord.capture_id, FacingLabelRecord.gtin)
            .join(FacingLabelRecord, FacingLabelRecord.annotation_id == AnnotationRecord.id)
            .where(AnnotationRecord.capture_id.in_(part), FacingLabelRecord.state == State.CURRENT)
            .distinct()
        )
        for row in session.execute(named):
            yield row.capture_id, row.gtin


def categories_of(session: Session, gtins: Sequence[str]) -> dict[str, Category]:
    """Return the category of products, former ones too."""
    found: dict[str, Category] = {}
    for part in in_parts(gtins):
        rows = select(ProductRecord.gtin, ProductRecord.category).where(ProductRecord.gtin.in_(part))
        found |= {gtin: tuple(category) for gtin, category in session.execute(rows)}
    return found


def labelled(moment: Moment) -> ColumnElement[bool]:
    """Whether a capture had labels."""
    return CaptureRecord.id.in_(_labelled_ids(moment))


def queued(moment: Moment) -> ColumnElement[bool]:
    """Whether a capture was in a task that waited for labels; of tasks that were skipped since, none did."""
    held = select(TaskRecord.capture_id).where(TaskRecord.state != TaskState.SKIPPED, _ASKS_BOXES)
    if moment.began is not None:
        held = held.where(TaskRecord.created_at < moment.began)
    return and_(CaptureRecord.id.in_(held), CaptureRecord.id.not_in(_labelled_ids(moment)))


def in_pool(moment: Moment) -> ColumnElement[bool]:
    """Whether a capture, by its signature, was left in the pool: no near-duplicate, and in no task."""
    held = select(TaskRecord.id).where(TaskRecord.capture_id == SignatureRecord.capture_id, _ASKS_BOXES)
    if moment.began is None:
        return and_(~SignatureRecord.near_duplicate, ~held.exists())
    held = held.where(or_(TaskRecord.created_at < moment.began, TaskRecord.round_id == moment.round_id))
    there = SignatureRecord.received_at <= moment.began
    return and_(~SignatureRecord.near_duplicate, there, ~held.exists())


def _labelled_ids(moment: Moment) -> Select[str]:
    ids = select(AnnotationRecord.capture_id)
    return ids if moment.began is None else ids.where(AnnotationRecord.created_at < moment.began)
