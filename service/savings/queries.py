"""SQL about measured savings and the labels they are measured on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from labeling.leases import Purpose, TaskState
from sampling.choice.recipes import PRIOR, RECIPES
from sampling.evidence.hedge import Weights, shares, weights_after
from service.catalogue.queries import in_parts
from service.catalogue.states import State
from service.records import (
    AnnotationRecord,
    CaptureRecord,
    FacingLabelRecord,
    FacingVectorsRecord,
    PickRecord,
    RoundRecord,
    SavingRecord,
    TaskRecord,
)


@dataclass(frozen=True, slots=True)
class LabelledTask:
    """A task's newest annotation, and how its capture came to be picked.

    Attributes:
        seconds: what the annotator took; None where the client did not say.
    """

    annotation_id: str
    capture_id: str
    round_id: str
    arm: str
    recipe: str | None
    predicted_boxes: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn in a capture, and what of it is a product today.

    Attributes:
        boxes: as they are kept with the annotation.
        products: GTINs of the named facings by their place in the boxes.
        size: width and height of the photo.
    """

    boxes: Sequence[Mapping[str, Any]]
    products: Mapping[int, str]
    image_key: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round is labelled: tasks of each state, and the newest annotation of any of them."""

    tasks: Mapping[str, int]
    newest_annotation: str | None

    @property
    def labelled(self) -> int:
        """How many tasks have labels."""
        return self.tasks.get(TaskState.LABELLED, 0)

    @property
    def done(self) -> int:
        """How many tasks nobody has to look at any more."""
        return self.labelled + self.tasks.get(TaskState.SKIPPED, 0)

    @property
    def all(self) -> int:
        """How many tasks there are."""
        return sum(self.tasks.values())


def progress_of(session: Session, round_id: str) -> Progress:
    """Return how far a round is labelled."""
    of_round = TaskRecord.round_id == round_id, TaskRecord.purpose == Purpose.LABEL
    states = select(TaskRecord.state, func.count()).where(*of_round).group_by(TaskRecord.state)
    newest = (
        select(func.max(AnnotationRecord.id))
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .where(TaskRecord.round_id == round_id)
    )
    return Progress({state: count for state, count in session.execute(states)}, session.scalar(newest))


def newest_rounds(session: Session, limit: int) -> Sequence[str]:
    """Return the ids of the newest rounds, oldest first."""
    newest = select(RoundRecord.id).order_by(RoundRecord.created_at.desc(), RoundRecord.id.desc()).limit(limit)
    return session.scalars(newest).all()[::-1]


def labelled_until(session: Session, round: RoundRecord) -> Sequence[LabelledTask]:
    """Return what is labelled of a round and of those before it, in the order of rounds and ranks."""
    query = (
        select(
            AnnotationRecord.id,
            AnnotationRecord.capture_id,
            RoundRecord.id,
            PickRecord.arm,
            PickRecord.recipe,
            TaskRecord.predicted_boxes,
            AnnotationRecord.seconds,
        )
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .join(RoundRecord, RoundRecord.id == TaskRecord.round_id)
        .join(
            PickRecord,
            (PickRecord.round_id == TaskRecord.round_id) & (PickRecord.capture_id == TaskRecord.capture_id),
        )
        .where(
            AnnotationRecord.superseded_by.is_(None),
            or_(
                RoundRecord.created_at < round.created_at,
                and_(RoundRecord.created_at == round.created_at, RoundRecord.id <= round.id),
            ),
        )
        .order_by(RoundRecord.created_at, RoundRecord.id, PickRecord.rank)
    )
    return [LabelledTask(*row) for row in session.execute(query)]


def drawn_in(session: Session, annotation_ids: Sequence[str]) -> dict[str, Drawn]:
    """Return what was drawn in annotations, by their ids."""
    products: dict[str, dict[int, str]] = {id: {} for id in annotation_ids}
    found: dict[str, Drawn] = {}
    for some in in_parts(annotation_ids):
        labels = select(FacingLabelRecord).where(
            FacingLabelRecord.annotation_id.in_(some), FacingLabelRecord.state == State.CURRENT
        )
        for label in session.scalars(labels):
            products[label.annotation_id][label.place] = label.gtin
        rows = (
            select(
                AnnotationRecord.id,
                AnnotationRecord.boxes,
                CaptureRecord.image_key,
                CaptureRecord.width,
                CaptureRecord.height,
            )
            .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
            .where(AnnotationRecord.id.in_(some))
        )
        for id, boxes, key, width, height in session.execute(rows):
            found[id] = Drawn(boxes, products[id], key, (width, height))
    return found


def kept_facings(session: Session, embedder_id: str, annotation_ids: Sequence[str]) -> dict[str, FacingVectorsRecord]:
    """Return what an embedder made of annotations' facings earlier, by the annotation."""
    found: dict[str, FacingVectorsRecord] = {}
    for some in in_parts(annotation_ids):
        kept = select(FacingVectorsRecord).where(
            FacingVectorsRecord.embedder_id == embedder_id, FacingVectorsRecord.annotation_id.in_(some)
        )
        found |= {record.annotation_id: record for record in session.scalars(kept)}
    return found


def list_savings(session: Session, limit: int) -> Sequence[SavingRecord]:
    """Return what was measured, that of the newest round first."""
    query = select(SavingRecord).join(RoundRecord, RoundRecord.id == SavingRecord.round_id)
    return session.scalars(query.order_by(RoundRecord.created_at.desc(), RoundRecord.id.desc()).limit(limit)).all()


def recipe_weights(session: Session) -> Weights:
    """Return how far each recipe is trusted, by the losses of all rounds in their order."""
    query = select(SavingRecord.losses).join(RoundRecord, RoundRecord.id == SavingRecord.round_id)
    losses = session.scalars(query.order_by(RoundRecord.created_at, RoundRecord.id)).all()
    # A recipe that a later release no longer has is evidence about nothing.
    return weights_after([{name: loss for name, loss in of.items() if name in RECIPES} for of in losses], PRIOR)


def recipe_shares(session: Session) -> dict[str, float]:
    """Return what an adaptive round that began now would let each recipe have of its value arm."""
    return shares(recipe_weights(session))
