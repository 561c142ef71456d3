"""The evaluation of a retraining, for people to read."""

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from service.auth.callers import require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.ids import RecordId
from service.retrainings.report import report_page
from training.report_html import render

router = APIRouter(prefix="/v1/retrainings", tags=["retrainings"])
# What it shows was written by people elsewhere: nothing in it may run or be fetched.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
    "Cache-Control": "private, no-store",
}


@router.get(
    "/{retraining_id}/report",
    response_class=HTMLResponse,
    dependencies=[Depends(require(Action.READ_RETRAININGS))],
)
def read_report(context: ContextOf, retraining_id: RecordId) -> HTMLResponse:
    """Show how the candidate of a retraining compares with the champion it was measured against: one HTML page."""
    return HTMLResponse(render(report_page(context, retraining_id)), headers=_HEADERS)
