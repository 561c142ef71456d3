"""Reviews over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from labeling.leases import TaskState
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.queries import hold_catalogue
from service.dependencies import ContextOf
from service.ids import RecordId
from service.quality.review_queries import list_reviews, show_reviews
from service.quality.reviews import ask_for_review, decide, hold_review, lease_reviews
from service.quality.schemas import (
    DecideRequest,
    LeasedReviews,
    LeaseReviewsRequest,
    ReleaseReviewRequest,
    ReviewAnswer,
    ReviewRequest,
)
from service.quality.showing import review_answers
from service.tasks.leasing import finish

router = APIRouter(prefix="/v1", tags=["reviews"])
Reader = Annotated[Caller, Depends(require(Action.READ_REVIEWS))]
Reviewer = Annotated[Caller, Depends(require(Action.REVIEW))]
_STATES = {"queued": TaskState.QUEUED, "leased": TaskState.LEASED, "decided": TaskState.LABELLED}


@router.post("/reviews", status_code=201)
def open_one(context: ContextOf, caller: Reviewer, request: ReviewRequest) -> ReviewAnswer:
    """Ask for a review of a labelled task."""
    with context.database.write() as session:
        review = ask_for_review(session, request.task_id, request.reason, caller.store_ids, context.clock())
        session.flush()
        return review_answers(session, show_reviews(session, [review.id]))[0]


@router.get("/reviews")
def read_reviews(
    context: ContextOf,
    caller: Reader,
    state: Annotated[str | None, Query(pattern="^(queued|leased|decided)$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ReviewAnswer]:
    """List reviews in the order of the queue, of one state or of all."""
    with context.database.read() as session:
        return review_answers(
            session, list_reviews(session, _STATES[state] if state else None, caller.store_ids, limit)
        )


@router.post("/reviews/lease")
def lease(context: ContextOf, caller: Reviewer, request: LeaseReviewsRequest) -> LeasedReviews:
    """Take reviews of what others labelled: nobody else gets them until they are decided, or the lease ends."""
    with context.database.write() as session:
        held, reviews = lease_reviews(
            session,
            caller.id,
            caller.store_ids,
            request.count,
            request.task_id,
            context.clock(),
            context.settings.lease_minutes,
        )
        shown = show_reviews(session, [review.id for review in reviews])
        return LeasedReviews(
            lease_token=held.token, leased_until=held.leased_until, reviews=review_answers(session, shown)
        )


@router.post("/tasks/{task_id}/review")
def decide_one(context: ContextOf, caller: Reviewer, task_id: RecordId, request: DecideRequest) -> ReviewAnswer:
    """Accept what was labelled, put other boxes in its place, or send the task back to the queue."""
    now = context.clock()
    with context.database.write() as session:
        hold_catalogue(session)
        review = hold_review(session, task_id, caller.id, request.lease_token, caller.store_ids, now)
        decide(session, review, request.decision, request.boxes, request.note, caller.id, now)
        session.flush()
        return review_answers(session, show_reviews(session, [review.id]))[0]


@router.post("/tasks/{task_id}/review/release")
def release(context: ContextOf, caller: Reviewer, task_id: RecordId, request: ReleaseReviewRequest) -> ReviewAnswer:
    """Give a leased review back for others."""
    with context.database.write() as session:
        review = hold_review(session, task_id, caller.id, request.lease_token, caller.store_ids, context.clock())
        finish(review, TaskState.QUEUED)
        session.flush()
        return review_answers(session, show_reviews(session, [review.id]))[0]
