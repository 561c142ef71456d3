"""Bringing signatures up to the champion in a durable job, because vectors of two models cannot be compared.

Nobody orders the job: it is due as long as there are signatures of another model than the champion's, whatever left
them, a promotion, a rollback, an upgraded starter, or a server that still looked with the model before. A round
meanwhile picks from the captures whose turn has come.
"""

import logging
import sys
from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from retail.conditions import Condition
from service.captures.looking import Seen, look_at
from service.captures.photos import OpenedPhoto
from service.captures.signing import sign
from service.context import Context
from service.jobs import MayPass, StepFailed, step
from service.models.queries import get_model, newest_move
from service.models.serving import ServingModel
from service.problems import Problem
from service.records import CaptureRecord
from service.rounds.signature_queries import (
    give_up_signature,
    last_unsigned,
    list_unsigned,
    renew_signature,
)
from vision.decoding import BadPhoto, DecodeLimits, decode

log = logging.getLogger(__name__)
QUEUE = "signatures"
BATCH = 32  # captures between two commits; what a killed worker repeats at most
# It waits an hour at most between two of them: while the image store is away nothing is given up.
_ATTEMPTS = 10_000


class Overtaken(Exception):
    """Another model became champion."""


def due_resignings(session: Session) -> Sequence[str]:
    """Return the order that is to be carried out, none while every signature is the champion's.

    It is named after the promotion, the file of the model, since the starter's may be another after an upgrade, and
    the capture whose turn comes last, so that it stays the same order until it is done, and another one afterwards.
    """
    move = newest_move(session)
    if move is None or (last := last_unsigned(session, move.model_version)) is None:
        return []
    return [f"{move.id}/{get_model(session, move.model_version).artefact_sha256[:12]}/{last}"]


def resign(context: Context, order: str) -> None:
    """Look again at every capture whose signature another model left; killed, it goes on with what is left."""
    promotion = int(order.partition("/")[0])
    try:
        step("renew_all", partial(renew_all, context, promotion), attempts=_ATTEMPTS, let_out=Overtaken)
    except Overtaken:
        log.info("Another model became champion: its order is carried out instead of %s", order)
    except (StepFailed, MayPass) as error:
        log.error("Signatures of another model than the champion's remain: %s", error)


def renew_all(context: Context, promotion: int) -> None:
    """Renew signature after signature, the newest captures' first.

    What was answered for a capture stays as it is: only what sampling compares is renewed.

    Raises:
        Overtaken: if the champion moved.
        Problem: model-not-loaded or naming-not-loaded, while what looks cannot be loaded.
    """
    while True:
        model = _champion(context, promotion)
        with context.database.read() as session:
            portion = list_unsigned(session, model.version, BATCH)
        if not portion:
            return
        seen = [(capture, left_by, look_again(context, model, capture)) for capture, left_by in portion]
        with context.database.write() as session:
            for capture, left_by, sight in seen:
                if sight is None:
                    give_up_signature(session, capture.id, left_by, model.version)
                else:
                    renew_signature(session, *sign(session, capture, sight, flip=0.0), left_by)


def _champion(context: Context, promotion: int) -> ServingModel:
    with context.database.read() as session:
        move = newest_move(session)
    if move is None or move.id != promotion:
        raise Overtaken
    context.serving.refresh()
    context.naming.refresh()
    model = context.serving.current()
    if model.version != move.model_version:
        raise Problem(503, "model-not-loaded", f"Model {move.model_version}: {context.serving.error}", retry_after=5)
    return model


def look_again(context: Context, model: ServingModel, capture: CaptureRecord) -> Seen | None:
    """Look at the kept picture, None if that can never be read; an image store that is away is waited for."""
    most = DecodeLimits(file_bytes=sys.maxsize, pixels=int(context.settings.photo.megapixels * 1e6))
    try:
        picture = context.images.get(capture.image_key)  # faces are hidden in it already
        photo = OpenedPhoto(picture, decode(picture, most, long_side=model.metadata.input_size))
    except (FileNotFoundError, BadPhoto) as error:
        log.warning("Capture %s is left out of rounds, its photo cannot be read: %s", capture.id, error)
        return None
    naming = context.naming.current()
    assortment = None if naming is None else context.naming.assortment_of(naming, capture.store_id)
    return look_at(photo, Condition.from_stratum(capture.stratum).format, model, naming, assortment)
