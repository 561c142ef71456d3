"""The part of a worker in which a candidate looks at live captures beside the champion."""

import logging
import threading
from datetime import timedelta

from service.context import Context
from service.image_store import ImageStore
from service.models.files import WrongArtefact
from service.models.queries import get_model
from service.models.serving import ServingModel
from service.records import CaptureRecord, ShadowCaptureRecord, ShadowRecord
from service.shadow.beside import Look, load_quietly, look_with_both
from service.shadow.comparing import Comparison, Sight, compare
from service.shadow.concluding import conclude_shadow, has_its_turn, is_due
from service.shadow.queries import captures_after, lock_shadow, running_shadow, take_shadow
from vision.artefact import BadArtefact
from vision.decoding import BadPhoto

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
_HOLD = timedelta(minutes=5)  # after which another worker takes a shadow over whose worker is gone
_AT_A_TIME = 100  # captures that are asked for
_LONGEST_ERROR = 300


def keep_shadowing(
    context: Context, stopping: threading.Event, holder: str, poll_seconds: float = POLL_SECONDS
) -> None:
    """Until `stopping` is set, look with whatever candidate is in shadow. No other worker may have this name."""
    shadower = Shadower(context, holder)
    pause = 60 / context.settings.shadow.photos_per_minute
    while not stopping.is_set():
        looked = False
        try:
            looked = shadower.look_once()
        except Exception as error:  # the database, MLflow or the image store away: all of them may come back
            log.warning("The candidate in shadow cannot go on, trying again: %s", error)
            stopping.wait(10 * poll_seconds)
        stopping.wait(pause if looked else poll_seconds)


class Shadower:
    """Holds both models while a candidate is in shadow."""

    def __init__(self, context: Context, holder: str) -> None:
        """Look at nothing yet; `holder` is this worker's name."""
        self._context, self._holder = context, holder
        self._loaded: dict[int, ServingModel] = {}

    def look_once(self) -> bool:
        """Look at the next capture, if there is one, and end the shadow if its time has come.

        Returns whether anything was looked at.
        """
        with self._context.database.read() as session:
            shadow = running_shadow(session)
            due = shadow is not None and is_due(session, self._context, shadow)
        if shadow is None:
            self._loaded.clear()
            return False
        version = shadow.model_version
        if not self._takes(shadow) or (due and conclude_shadow(self._context, version)):
            return False
        try:
            candidate = self._model(version)
        except (BadArtefact, WrongArtefact) as error:
            conclude_shadow(self._context, version, unusable=str(error))
            return False
        looked = self._look_at_next(shadow, self._model(shadow.champion_version), candidate)
        conclude_shadow(self._context, version)
        return looked

    def _takes(self, shadow: ShadowRecord) -> bool:
        now = self._context.clock()
        if shadow.holder == self._holder and shadow.held_until is not None and shadow.held_until - now > _HOLD / 2:
            return True
        with self._context.database.write() as session:
            return take_shadow(session, shadow.model_version, self._holder, now, now + _HOLD)

    def _model(self, version: int) -> ServingModel:
        if version not in self._loaded:
            with self._context.database.read() as session:
                record = get_model(session, version)
            self._loaded[version] = load_quietly(self._context.settings, record)
        return self._loaded[version]

    def _look_at_next(self, shadow: ShadowRecord, champion: ServingModel, candidate: ServingModel) -> bool:
        with self._context.database.read() as session:
            waiting = captures_after(session, shadow.seen_until, _AT_A_TIME)
        if not waiting:
            return False
        share = self._context.settings.shadow.share
        capture = next((one for one in waiting if has_its_turn(one.id, share)), None)
        row = None if capture is None else self._row(shadow, capture, champion, candidate)
        with self._context.database.write() as session:
            lock_shadow(session, shadow.model_version).seen_until = (capture or waiting[-1]).id
            if row is not None:
                session.merge(row)
        return capture is not None

    def _row(
        self, shadow: ShadowRecord, capture: CaptureRecord, champion: ServingModel, candidate: ServingModel
    ) -> ShadowCaptureRecord | None:
        """Return what both models see in a capture; None where nothing can be said of the candidate."""
        picture = _picture(self._context.images, capture)
        if picture is None:
            return None
        turned = int(capture.id[-1], 16) % 2 == 1
        try:
            old, new = look_with_both(self._context.settings, picture, champion, candidate, turned=turned)
        except BadPhoto as bad:
            log.warning("Capture %s cannot be looked at in shadow: %s", capture.id, bad)
            return None
        if old.detections is None:  # the champion fails, too: that is the photo's fault
            return None
        return _compared(shadow.model_version, capture.id, champion, old, candidate, new)


def _picture(images: ImageStore, capture: CaptureRecord) -> bytes | None:
    try:
        return images.get(capture.image_key)
    except FileNotFoundError:  # deleted meanwhile, because its time was over
        return None


def _compared(
    version: int, capture_id: str, champion: ServingModel, old: Look, candidate: ServingModel, new: Look
) -> ShadowCaptureRecord:
    assert old.detections is not None
    if new.detections is None:
        found, error = Comparison(0, 0, 0, 0, 0, None), (new.error or "")[:_LONGEST_ERROR]
        times: tuple[float | None, float | None] = (None, None)
    else:
        found = compare(Sight(old.detections, champion.metadata), Sight(new.detections, candidate.metadata))
        error, times = None, (old.milliseconds, new.milliseconds)
    return ShadowCaptureRecord(
        model_version=version,
        capture_id=capture_id,
        shared=found.shared,
        only_champion=found.only_champion,
        only_candidate=found.only_candidate,
        other_kind=found.other_kind,
        other_product=found.other_product,
        disagreement=found.disagreement,
        confidence_shift=found.confidence_shift,
        champion_ms=times[0],
        candidate_ms=times[1],
        error=error,
        differences=found.differences,
    )
