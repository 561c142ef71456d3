"""MLflow's `champion` alias follows the records: they decide in a transaction of their own, MLflow is told after it.

The other way round, a slow MLflow would hold the database, and a rollback would have to wait for MLflow to come back.
"""

import logging
import threading

from sqlalchemy import update

from service.context import Context
from service.models.queries import champion_version, get_model, newest_move
from service.models.registry import move_alias, open_tracking, registered_version
from service.problems import Problem
from service.records import ModelRecord

log = logging.getLogger(__name__)
LOOK_SECONDS, RETRY_SECONDS = 2.0, 30.0


def move_champion_alias(context: Context) -> None:
    """Point the alias at the champion of the records.

    Raises:
        Problem: mlflow-unreachable.
    """
    tracking = open_tracking(context.settings)
    told = None
    # Asked again after each move: of two processes that move the alias at once, the slower may hold the older news.
    while (champion := _champion(context)).version != told:
        mlflow_version = registered_version(tracking, champion)
        if champion.mlflow_version is None:
            _remember(context, champion, mlflow_version)
        move_alias(tracking, "champion", mlflow_version)
        told = champion.version


def try_to_move_champion_alias(context: Context) -> None:
    """Point the alias at the champion of the records; if MLflow is away, leave that to a worker."""
    try:
        move_champion_alias(context)
    except Problem as problem:
        log.warning("MLflow's champion alias is moved later: %s", problem.detail)


def keep_champion_alias(context: Context, stopping: threading.Event, retry_seconds: float = RETRY_SECONDS) -> None:
    """Until `stopping` is set, look whether the champion moved and move the alias, too; log what is in the way.

    Workers do this, not servers: MLflow's client takes seconds of a processor when it is first used.
    """
    told, pause = 0, 0.0
    while not stopping.wait(pause):
        pause = LOOK_SECONDS
        try:
            with context.database.read() as session:
                newest = newest_move(session)
            if newest is not None and newest.id != told and newest.action != "starter":
                move_champion_alias(context)
                told = newest.id
        except Exception as error:  # MLflow or the database away: both may come back
            pause = retry_seconds
            log.warning("MLflow's champion alias could not be moved, once more in %g s: %s", retry_seconds, error)


def _champion(context: Context) -> ModelRecord:
    with context.database.read() as session:
        return get_model(session, champion_version(session))


def _remember(context: Context, model: ModelRecord, mlflow_version: str) -> None:
    same = (ModelRecord.version == model.version, ModelRecord.artefact_sha256 == model.artefact_sha256)
    with context.database.write() as session:
        session.execute(update(ModelRecord).where(*same).values(mlflow_version=mlflow_version))
