"""For operators: alive, ready, metrics."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from service import metrics
from service.dependencies import ContextOf
from service.problems import Problem

router = APIRouter(tags=["operators"])


@router.get("/healthz")
def alive() -> dict[str, str]:
    """Say that this process lives."""
    return {"status": "alive"}


@router.get("/readyz")
def ready(context: ContextOf) -> dict[str, str | int]:
    """Say that a photo sent now would be answered in full: records at hand, model tried once, gallery complete."""
    if not context.database.is_up():
        raise Problem(503, "database-down", "The database does not answer.", remedy="Try again soon.", retry_after=5)
    context.naming.loaded()
    return {"status": "ready", "model_version": context.serving.current().version}


@router.get("/metrics", include_in_schema=False)
def read_metrics(context: ContextOf) -> Response:
    """Return what was measured, for Prometheus."""
    metrics.model_version.set(context.serving.current().version)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
