"""The catalogue's log over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from service.auth.callers import require
from service.auth.permissions import Action
from service.catalogue.queries import catalogue_version, find_change, list_changes, list_touched
from service.catalogue.schemas import ChangeAnswer, ChangesAnswer, TouchedAnswer, TouchedPage
from service.dependencies import ContextOf
from service.problems import not_found
from service.texts import Text

router = APIRouter(prefix="/v1/catalogue/changes", tags=["catalogue"])
may_read = Depends(require(Action.READ_CATALOGUE))
may_change = Depends(require(Action.CHANGE_CATALOGUE))
MOST_VERSION = 2**31 - 1


@router.get("", dependencies=[may_read])
def read_changes(
    context: ContextOf,
    since: Annotated[int, Query(ge=0, le=MOST_VERSION, description="changes after this version")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> ChangesAnswer:
    """List what changed after a version."""
    with context.database.read() as session:
        changes = [ChangeAnswer.model_validate(record) for record in list_changes(session, since, limit)]
        return ChangesAnswer(version=catalogue_version(session), changes=changes)


# Labels and positions come from all stores, and a key of one store may read the catalogue.
@router.get("/{version}/touched", dependencies=[may_change])
def read_touched(
    context: ContextOf,
    version: Annotated[int, Path(ge=1, le=MOST_VERSION)],
    after: Annotated[Text, Query(max_length=200, description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> TouchedPage:
    """List the labels, references and planogram positions that a change touched."""
    kind, _, id = after.partition(":")
    with context.database.read() as session:
        if find_change(session, version) is None:
            newest = catalogue_version(session)
            raise not_found("catalogue change", str(version), field="version", remedy=f"The newest is {newest}.")
        touched = [TouchedAnswer.model_validate(one) for one in list_touched(session, version, (kind, id), limit)]
    last = touched[-1] if len(touched) == limit else None
    return TouchedPage(version=version, touched=touched, next=f"{last.kind}:{last.id}" if last else None)
