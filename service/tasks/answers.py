"""Tasks and annotations as they are shown: to annotators without what would tell blind copies from other tasks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from labeling.guidelines import Guideline
from labeling.leases import Lease
from service.auth.callers import Caller
from service.auth.permissions import Role
from service.guidelines import in_force
from service.guidelines.versions import read_version, shipped_guideline
from service.records import AnnotationRecord, BlindAnnotationRecord, TaskRecord
from service.tasks.prelabels import prelabels, todays_boxes
from service.tasks.queries import Photo, desk_of
from service.tasks.schemas import AnnotationAnswer, GuidelineAnswer, LeaseAnswer, LeasedTask, TaskAnswer, TaskSummary

_TELLING = ("round_id", "rank", "arm")  # a rank that comes twice, a round that is long over


def only_own(caller: Caller) -> str | None:
    """Return the annotator whose tasks alone may be shown to a caller, None for who may see all."""
    return caller.id if caller.role == Role.ANNOTATOR else None


def task_answer(task: TaskRecord, caller: Caller) -> TaskAnswer:
    """Return a task without its photo."""
    answer = TaskAnswer.model_validate(task)
    return answer if only_own(caller) is None else answer.model_copy(update=dict.fromkeys(_TELLING))


def task_summary(task: TaskRecord, photo: Photo, caller: Caller) -> TaskSummary:
    """Return a task with where its photo was taken."""
    return TaskSummary(**_summary(task, photo, caller))


def lease_answer(session: Session, lease: Lease, tasks: Sequence[TaskRecord], caller: Caller) -> LeaseAnswer:
    """Return a lease with all that its tasks need to be labelled."""
    if not tasks:
        return _lease(lease, [], in_force(session))
    desk = desk_of(session, tasks)
    version = desk.guideline_version
    leased = [_leased(session, task, desk.photos[task.id], desk.earlier.get(task.id), caller) for task in tasks]
    return _lease(lease, leased, shipped_guideline() if version is None else read_version(session, version))


def _lease(lease: Lease, tasks: list[LeasedTask], guideline: Guideline) -> LeaseAnswer:
    return LeaseAnswer(
        lease_token=lease.token, leased_until=lease.leased_until, tasks=tasks, guideline=_guideline(guideline)
    )


def standing_answer(session: Session, annotation: AnnotationRecord | BlindAnnotationRecord) -> AnnotationAnswer:
    """Return an annotation as it stands today; one that counts no more, and a blind one, as it was drawn."""
    if isinstance(annotation, BlindAnnotationRecord) or annotation.superseded_by is not None:
        return annotation_answer(annotation, annotation.boxes)
    return annotation_answer(annotation, todays_boxes(session, annotation))


def annotation_answer(
    annotation: AnnotationRecord | BlindAnnotationRecord, boxes: list[dict[str, Any]]
) -> AnnotationAnswer:
    """Return an annotation with these boxes."""
    return AnnotationAnswer(
        **{name: getattr(annotation, name) for name in AnnotationAnswer.model_fields if name != "boxes"},
        boxes=boxes,
    )


def _summary(task: TaskRecord, photo: Photo, caller: Caller) -> dict[str, Any]:
    return {
        **task_answer(task, caller).model_dump(),
        "store_id": photo.store_id,
        "bay_id": photo.bay_id,
        "taken_at": photo.taken_at,
        "photo_url": f"/v1/captures/{task.capture_id}/photo",
    }


def _leased(
    session: Session, task: TaskRecord, photo: Photo, earlier: AnnotationRecord | None, caller: Caller
) -> LeasedTask:
    return LeasedTask(
        **_summary(task, photo, caller),
        width=photo.width,
        height=photo.height,
        prelabels=prelabels(session, task, photo, earlier),
        prelabel_model_version=photo.model_version,
    )


def _guideline(guideline: Guideline) -> GuidelineAnswer:
    return GuidelineAnswer(
        version=guideline.version,
        text=guideline.text,
        rules=guideline.texts_by_kind(),
        when_to_skip=list(guideline.when_to_skip),
        when_to_escalate=list(guideline.when_to_escalate),
    )
