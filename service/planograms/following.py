"""Which planogram a bay follows."""

from sqlalchemy.orm import Session

from retail.catalogue_events import PlanogramReset
from service.auth.callers import Caller
from service.catalogue.queries import catalogue_version, lock_catalogue
from service.catalogue.service import change
from service.context import Context
from service.planograms.queries import list_versions, store_of_bay
from service.planograms.schemas import FollowAnswer
from service.problems import Problem, not_found
from service.records import BayRecord, StoreRecord


def follow(context: Context, caller: Caller, bay_id: str, planogram_id: str) -> FollowAnswer:
    """Let a bay follow a planogram; one that follows it already stays as it is.

    Raises:
        Problem: bay-not-found, store-out-of-scope, planogram-not-found or planogram-not-for-format.
    """
    with context.database.write() as session:
        lock_catalogue(session)
        check_bay(session, caller, bay_id)
        version = _newest_for(session, bay_id, planogram_id)
        changed = session.get_one(BayRecord, bay_id).planogram_id != planogram_id
        if changed:
            change(session, PlanogramReset(planogram_id, version, (bay_id,)), caller.name, context.clock())
        return FollowAnswer(
            bay_id=bay_id,
            planogram_id=planogram_id,
            version=version,
            changed=changed,
            catalogue_version=catalogue_version(session),
        )


def check_bay(session: Session, caller: Caller, bay_id: str) -> None:
    """Refuse a bay that there is not, or that is out of the key's scope.

    Raises:
        Problem: bay-not-found or store-out-of-scope.
    """
    store_id = store_of_bay(session, bay_id)
    if store_id is None:
        remedy = f"Register it with PUT /v1/stores/{{store_id}}/bays/{bay_id}."
        raise not_found("bay", bay_id, field="bay_id", remedy=remedy)
    caller.check_reach(store_id)


def planogram_not_found(planogram_id: str) -> Problem:
    """Make the problem for a planogram that there is not."""
    remedy = f"Add it with PUT /v1/planograms/{planogram_id}."
    return not_found("planogram", planogram_id, field="planogram_id", remedy=remedy)


def _newest_for(session: Session, bay_id: str, planogram_id: str) -> int:
    versions = list_versions(session, planogram_id)
    if not versions:
        raise planogram_not_found(planogram_id)
    format = session.get_one(StoreRecord, store_of_bay(session, bay_id)).format
    fitting = [one.version for one in versions if one.store_format in (None, format)]
    if not fitting:
        detail = f"Planogram {planogram_id!r} has no version for the bay's store, which is a {format}."
        remedy = f"Put one with PUT /v1/planograms/{planogram_id}, with store_format {format!r} or null."
        raise Problem(409, "planogram-not-for-format", detail, field="planogram_id", remedy=remedy)
    return max(fitting)
