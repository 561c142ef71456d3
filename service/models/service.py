"""Moving the champion: forward by promotion, back by rollback. `service.models.alias` tells MLflow afterwards."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from service.context import Context
from service.models.files import WrongArtefact, artefact_of
from service.models.history import version_before
from service.models.queries import champion_version, get_model, list_promotions, lock_champion, newest_move
from service.problems import Problem
from service.records import ModelRecord, PromotionRecord, ShadowRecord
from service.shadow.queries import FAILED


def promote(context: Context, version: int, *, reason: str, by: str, force: bool = False) -> PromotionRecord:
    """Make a model the champion of the records; its files are on this machine then.

    Args:
        context: of this process.
        version: the model's.
        reason: for the records.
        by: name of who asked.
        force: promote although the gate or the shadow failed.

    Raises:
        Problem: model-not-found, already-champion, gate-not-passed, shadow-failed, or wrong-artefact or
            mlflow-unreachable where the model's files cannot be had; then nothing is changed.
    """

    def choose(session: Session) -> ModelRecord:
        model = get_model(session, version)
        if champion_version(session) == version:
            raise Problem(409, "already-champion", f"Model {version} is the champion already.", field="version")
        if not force:
            _check_gate(model)
            _check_shadow(session, version)
        return model

    return _move(context, choose, "promote", reason, by)


def roll_back(context: Context, *, reason: str, by: str, last_move: int | None = None) -> PromotionRecord:
    """Bring back the model that served before; repeated, it goes further back, at most to the starter.

    MLflow is needed only where the older model's files are not on this machine any more.

    Args:
        context: of this process.
        reason: for the records.
        by: name of who asked.
        last_move: id of the promotion that is to be taken back; None for whatever was the last one.

    Raises:
        Problem: nothing-to-roll-back, champion-moved where another move came after `last_move`, or wrong-artefact or
            mlflow-unreachable where the older model's files cannot be had; then nothing is changed.
    """

    def choose(session: Session) -> ModelRecord:
        if last_move is not None and (move := newest_move(session)) is not None and move.id != last_move:
            raise _moved()
        return get_model(session, version_before(list_promotions(session)))

    return _move(context, choose, "rollback", reason, by)


def add_promotion(
    session: Session, version: int, *, action: str, reason: str, by: str, now: datetime
) -> PromotionRecord:
    """Record a move of the champion alias."""
    move = PromotionRecord(
        model_version=version,
        previous_version=champion_version(session),
        action=action,
        reason=reason,
        by=by,
        at=now,
    )
    session.add(move)
    session.flush()
    return move


def _move(
    context: Context, choose: Callable[[Session], ModelRecord], action: str, reason: str, by: str
) -> PromotionRecord:
    with context.database.read() as session:
        expected = choose(session)
    _fetch(context, expected)  # before the transaction: it can take long, and SQLite has one writer
    with context.database.write() as session:
        lock_champion(session)
        model = choose(session)
        if model.version != expected.version:
            raise _moved()
        return add_promotion(session, model.version, action=action, reason=reason, by=by, now=context.clock())


def _fetch(context: Context, model: ModelRecord) -> None:
    try:
        artefact_of(context.settings, model)
    except WrongArtefact as error:
        raise Problem(
            409, "wrong-artefact", f"{error}.", field="version", remedy="Promote a model whose files are whole."
        ) from error


def _moved() -> Problem:
    return Problem(409, "champion-moved", "The champion was changed meanwhile.", retry_after=1)


def _check_shadow(session: Session, version: int) -> None:
    shadow = session.get(ShadowRecord, version)
    if shadow is not None and shadow.state == FAILED:
        raise Problem(
            409,
            "shadow-failed",
            f"Model {version} did not pass its shadow: {shadow.note}.",
            field="version",
            remedy=f"GET /v1/models/{version}/shadow shows what it saw; an admin may promote with force: true.",
        )


def _check_gate(model: ModelRecord) -> None:
    if model.gate is not None and not model.gate["passed"]:
        failed = [check["name"] for check in model.gate["checks"] if not check["passed"]]
        raise Problem(
            409,
            "gate-not-passed",
            f"Model {model.version} did not pass its gate: {', '.join(failed)}.",
            field="version",
            remedy=f"GET /v1/models/{model.version} shows each check; an admin may promote with force: true.",
        )
