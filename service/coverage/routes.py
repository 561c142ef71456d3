"""Coverage over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import require
from service.auth.permissions import Action
from service.coverage.audit_schemas import AuditAnswer
from service.coverage.auditing import audit_answer
from service.coverage.schemas import CoverageAnswer
from service.coverage.service import loop_coverage
from service.dependencies import ContextOf
from service.texts import Text

router = APIRouter(prefix="/v1/coverage", tags=["rounds"], dependencies=[Depends(require(Action.READ_ROUNDS))])
Node = Annotated[
    list[Text], Query(max_length=12, description="only below this node of the category tree: its path, repeated")
]


@router.get("")
def read_coverage(context: ContextOf, category: Node = []) -> CoverageAnswer:  # noqa: B006
    """Count captures by category × lighting × angle × format: labelled, queued, and left in the pool.

    With `category` the nodes directly below that one are told apart, else those at the top of the tree.
    """
    with context.database.read() as session:
        return loop_coverage(session, tuple(category))


@router.get("/audit")
def read_audit(context: ContextOf) -> AuditAnswer:
    """Compare what cameras send with what the serving model was trained on: which photos to get next, and why.

    Also how fresh its labels are, which of its photos could be left out, and what a point of accuracy cost lately.
    """
    with context.database.read() as session:
        return audit_answer(session, context)
