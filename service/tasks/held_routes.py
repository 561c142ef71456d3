"""What one holds, over HTTP: the answer to a lease can be lost on its way."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.tasks.waiting_queries import held_by

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])


class HeldTask(BaseModel):
    """A task that the caller holds."""

    id: str
    lease_token: str = Field(description="of the lease that it was taken with")
    leased_until: datetime


@router.get("/held")
def read_held(context: ContextOf, caller: Annotated[Caller, Depends(require(Action.LABEL))]) -> list[HeldTask]:
    """List the tasks that the caller holds: of a lease whose answer never arrived, too."""
    with context.database.read() as session:
        tasks = held_by(session, caller.id, context.clock())
        return [
            HeldTask(id=task.id, lease_token=task.lease_token, leased_until=task.leased_until)
            for task in tasks
            if task.lease_token is not None and task.leased_until is not None
        ]
