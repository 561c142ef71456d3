"""What a round covers, over HTTP."""

from fastapi import APIRouter, Depends

from service.auth.callers import require
from service.auth.permissions import Action
from service.coverage.routes import Node
from service.coverage.schemas import RoundCoverageAnswer
from service.dependencies import ContextOf
from service.ids import RecordId
from service.rounds.explaining import round_coverage
from service.rounds.picturing import round_map
from service.rounds.schemas_map import MapAnswer

router = APIRouter(prefix="/v1/rounds", tags=["rounds"], dependencies=[Depends(require(Action.READ_ROUNDS))])


@router.get("/{round_id}/coverage")
def read_coverage(context: ContextOf, round_id: RecordId, category: Node = []) -> RoundCoverageAnswer:  # noqa: B006
    """Say what a batch covers that the labelled set did not, by category × lighting × angle × format.

    A labelled capture counts by what its labels say today, any other one by what the recogniser took it for.
    """
    with context.database.read() as session:
        return round_coverage(session, round_id, tuple(category))


@router.get("/{round_id}/map")
def read_map(context: ContextOf, round_id: RecordId) -> MapAnswer:
    """Lay out a round's picks among the labelled captures and the pool: what looks alike lies side by side."""
    with context.database.read() as session:
        return round_map(session, round_id)
