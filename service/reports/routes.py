"""Reports over HTTP, as JSON and as CSV."""

from datetime import date, timedelta
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from retail.stores import StoreFormat
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.files.body import CSV_ANSWER
from service.csv_answers import csv_answer
from service.dependencies import ContextOf
from service.problems import Problem
from service.reports.queries import compliance_rows, share_rows
from service.reports.rows import compliance_of, shares_of, write_compliance, write_shares
from service.reports.schemas import ComplianceReport, ShareReport
from service.reports.scope import By, Of, Scope
from service.texts import Text

router = APIRouter(prefix="/v1/reports", tags=["reports"])
Reader = Annotated[Caller, Depends(require(Action.READ_CAPTURES))]
WEEKS = 12  # that a report covers unless told otherwise
_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)

Grouping = Annotated[list[By], Query(max_length=8, description="what has rows of its own, repeated; else the total")]
Whose = Annotated[Of, Query(description="whose share")]
Limit = Annotated[int, Query(ge=1, le=10_000)]


def scope_of(
    context: ContextOf,
    caller: Reader,
    since: Annotated[
        date | None, Query(ge=_FIRST, le=_LAST, description=f"first day; else {WEEKS} weeks end with `until`")
    ] = None,
    until: Annotated[date | None, Query(ge=_FIRST, le=_LAST, description="last day; today by default")] = None,
    store_id: Annotated[list[Text], Query(max_length=1000, description="only these stores; repeat it")] = [],  # noqa: B006
    format: Annotated[list[StoreFormat], Query(max_length=8, description="only these formats; repeat it")] = [],  # noqa: B006
    category: Annotated[
        list[Text], Query(max_length=12, description="only below this node of the category tree: its path, repeated")
    ] = [],  # noqa: B006
) -> Scope:
    """Read what a report is about.

    Raises:
        Problem: 403 for a store that the key does not reach, 422 for a time that ends before it begins.
    """
    last = until or context.clock().date()
    first = since or last - timedelta(days=last.weekday(), weeks=WEEKS - 1)
    if first > last:
        detail = f"The report would begin on {first} and end before, on {last}."
        raise Problem(422, "invalid-period", detail, field="since", remedy="Let `since` be no later than `until`.")
    for one in store_id:
        caller.check_reach(one)
    return Scope(first, last, store_id or caller.store_ids, format, tuple(category))


Asked = Annotated[Scope, Depends(scope_of)]


@router.get("/compliance", response_model_exclude_unset=True)
def report_compliance(context: ContextOf, scope: Asked, by: Grouping = [], limit: Limit = 1000) -> ComplianceReport:  # noqa: B006
    """Say how planograms were kept: each position of a bay counts once a day, by its last verdict that was decided."""
    with context.database.read() as session:
        rows = list(compliance_of(compliance_rows(session, scope, _once(by), limit + 1), scope))
    return ComplianceReport.model_validate(_report(scope, rows, limit))


@router.get("/compliance.csv", response_class=StreamingResponse, responses=CSV_ANSWER)
def download_compliance(context: ContextOf, scope: Asked, by: Grouping = []) -> StreamingResponse:  # noqa: B006
    """Return the same as a CSV file, all rows of it."""

    def write(file: BinaryIO) -> None:
        with context.database.read() as session:
            write_compliance(compliance_of(compliance_rows(session, scope, _once(by)), scope), _once(by), file)

    return csv_answer(write, _name("compliance", scope))


@router.get("/share-of-shelf", response_model_exclude_unset=True)
def report_shares(
    context: ContextOf,
    scope: Asked,
    of: Whose = Of.CATEGORY,
    by: Grouping = [],  # noqa: B006
    limit: Limit = 1000,
) -> ShareReport:
    """Say who takes how much of the shelf: the last photo of each bay and day counts, and every bay the same.

    With a category, shares are of what that category takes; `by=category` makes them shares of each category.
    """
    with context.database.read() as session:
        rows = list(shares_of(share_rows(session, scope, of, _once(by, of), limit + 1), scope))
    return ShareReport.model_validate(_report(scope, rows, limit))


@router.get("/share-of-shelf.csv", response_class=StreamingResponse, responses=CSV_ANSWER)
def download_shares(
    context: ContextOf,
    scope: Asked,
    of: Whose = Of.CATEGORY,
    by: Grouping = [],  # noqa: B006
) -> StreamingResponse:
    """Return the same as a CSV file, all rows of it."""
    grouping = _once(by, of)

    def write(file: BinaryIO) -> None:
        with context.database.read() as session:
            write_shares(shares_of(share_rows(session, scope, of, grouping), scope), of, grouping, file)

    return csv_answer(write, _name("share-of-shelf", scope))


def _once(by: list[By], of: Of = Of.PRODUCT) -> list[By]:
    if of is Of.CATEGORY and By.CATEGORY in by:
        detail = "A category's share of itself is all of it."
        raise Problem(422, "invalid-grouping", detail, field="by", remedy="Ask for of=product with by=category.")
    return list(dict.fromkeys(by))


def _report(scope: Scope, rows: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    return {"since": scope.since, "until": scope.until, "rows": rows[:limit], "more": len(rows) > limit}


def _name(report: str, scope: Scope) -> str:
    return f"{report}-{scope.since}-{scope.until}.csv"
