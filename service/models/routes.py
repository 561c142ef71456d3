"""Models over HTTP."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from service.auth.callers import Caller, require
from service.auth.permissions import Action, Role
from service.dependencies import ContextOf
from service.models.queries import champion_version, get_model, list_models, list_promotions
from service.models.schemas import (
    ModelAnswer,
    ModelDetails,
    ModelList,
    PromoteRequest,
    PromotionAnswer,
    RollbackRequest,
    UseAnswer,
)
from service.models.service import promote, roll_back
from service.models.use_queries import use_between
from service.problems import Problem
from service.records import ModelRecord, ShadowRecord
from service.rounds.signature_queries import count_unsigned

router = APIRouter(prefix="/v1/models", tags=["models"])
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
Promoter = Annotated[Caller, Depends(require(Action.PROMOTE_MODELS))]


@router.get("", dependencies=[Depends(require(Action.READ_MODELS))])
def read_models(context: ContextOf) -> ModelList:
    """List all models, newest first, and every move of the champion alias."""
    with context.database.read() as session:
        champion = champion_version(session)
        return ModelList(
            champion=champion,
            loaded=context.serving.loaded_version,
            loading_error=context.serving.error,
            waiting=count_unsigned(session, champion),
            models=[ModelAnswer(**_members(model, champion)) for model in list_models(session)],
            promotions=[PromotionAnswer.model_validate(move) for move in reversed(list_promotions(session))],
        )


@router.get("/{version}", dependencies=[Depends(require(Action.READ_MODELS))])
def read_model(context: ContextOf, version: Version) -> ModelDetails:
    """Show a model with its evaluation, stratum by stratum, and the checks of its gate."""
    now = context.clock()
    with context.database.read() as session:
        model = get_model(session, version)
        return ModelDetails(
            **_members(model, champion_version(session)),
            metadata=model.metadata_json,
            report=model.report,
            gate=model.gate,
            in_service=UseAnswer.model_validate(use_between(session, version, now - timedelta(days=1), now)),
            shadowed=session.get(ShadowRecord, version) is not None,
        )


@router.post("/{version}/promote")
def promote_model(context: ContextOf, caller: Promoter, version: Version, request: PromoteRequest) -> PromotionAnswer:
    """Make a model the champion; servers swap to it between two requests, and a worker moves MLflow's alias."""
    if request.force and caller.role != Role.ADMIN:
        raise Problem(
            403,
            "force-not-allowed",
            "Only an admin may promote a model that did not pass its gate.",
            field="force",
            remedy="Leave force out, or use an admin's key.",
        )
    move = promote(context, version, reason=request.reason, by=caller.name, force=request.force)
    context.serving.refresh()
    return PromotionAnswer.model_validate(move)


@router.post("/rollback")
def roll_back_model(context: ContextOf, caller: Promoter, request: RollbackRequest) -> PromotionAnswer:
    """Bring back the model that served before; repeated, it goes further back, at most to the starter."""
    move = roll_back(context, reason=request.reason, by=caller.name)
    context.serving.refresh()
    return PromotionAnswer.model_validate(move)


def _members(model: ModelRecord, champion: int) -> dict[str, object]:
    return {
        "version": model.version,
        "created_at": model.created_at,
        "source": model.source,
        "serving": model.version == champion,
        "retraining_id": model.retraining_id,
        "mlflow_run_id": model.mlflow_run_id,
        "mlflow_version": model.mlflow_version,
        "artefact_sha256": model.artefact_sha256,
        "classes": model.metadata_json["classes"],
        "input_size": model.metadata_json["input_size"],
        "gate_passed": None if model.gate is None else model.gate["passed"],
        **_overall(model.report or {}),
    }


def _overall(report: dict[str, Any]) -> dict[str, float | None]:
    candidate, champion = (report.get(who, {}).get("overall", {}) for who in ("candidate", "champion"))
    return {
        **{name: candidate.get(name) for name in ("ap", "ap_low", "ap_high")},
        "champion_ap": champion.get("ap"),
    }
