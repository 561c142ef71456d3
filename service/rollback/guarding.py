"""The part of a worker that watches how a promoted model does in service, and brings the one before back."""

import logging
import threading
from datetime import datetime, timedelta
from statistics import median

from service.context import Context
from service.models.queries import get_model, newest_move
from service.models.service import roll_back
from service.models.use_queries import forget_use, minute_of, use_between
from service.problems import Problem
from service.records import PromotionRecord
from service.rollback.judging import fails_more, seems_slow
from service.rollback.queries import newest_photos
from service.shadow.beside import load_quietly, look_with_both
from vision.decoding import BadPhoto

log = logging.getLogger(__name__)
KEPT = timedelta(days=7)  # of what servers counted
BY = "system"
_FORGET_EVERY = timedelta(hours=1)
_TIMED_AGAIN = timedelta(minutes=5)
_PHOTOS, _TIMES = 6, 2


def keep_guarding(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, watch the newest promotion."""
    guard = Guard(context)
    while not stopping.wait(context.settings.rollback.look_seconds):
        try:
            guard.look()
        except Exception as error:  # the database or the image store away: all of them may come back
            log.warning("How the champion does could not be looked at, trying again: %s", error)


class Guard:
    """Remembers when it timed the champion, because that costs seconds."""

    def __init__(self, context: Context) -> None:
        """Watch nothing yet."""
        self._context = context
        self._timed_at: dict[int, datetime] = {}  # by the id of a promotion
        self._forgot_at: datetime | None = None

    def look(self) -> PromotionRecord | None:
        """Roll the newest promotion back if its model does worse than the one before; return the move, if any.

        Raises:
            Problem: wrong-artefact or mlflow-unreachable, where the model before cannot be had.
        """
        self._forget()
        with self._context.database.read() as session:
            move = newest_move(session)
        if move is None or move.action != "promote" or not self._is_watched(move):
            return None
        why = self._why_back(move)
        if why is None:
            return None
        reason = f"by itself, {self._minutes_since(move)} minutes after its promotion: {why}"
        try:
            back = roll_back(self._context, reason=reason[:500], by=BY, last_move=move.id)
        except Problem as problem:
            if problem.code == "champion-moved":  # by a person, or by another worker
                return None
            raise
        log.warning("Model %s was rolled back %s", move.model_version, reason)
        return back

    def _is_watched(self, move: PromotionRecord) -> bool:
        minutes = self._context.settings.rollback.minutes
        return minutes > 0 and self._context.clock() - move.at <= timedelta(minutes=minutes)

    def _minutes_since(self, move: PromotionRecord) -> int:
        return int((self._context.clock() - move.at).total_seconds() // 60)

    def _why_back(self, move: PromotionRecord) -> str | None:
        settings, promoted = self._context.settings.rollback, minute_of(move.at)
        minute, window = timedelta(minutes=1), timedelta(minutes=settings.minutes)
        assert move.previous_version is not None
        with self._context.database.read() as session:
            new = use_between(session, move.model_version, promoted, promoted + window + 2 * minute)
            old = use_between(session, move.previous_version, promoted - window, promoted + minute)
        if (failing := fails_more(new, old, settings)) is not None:
            return failing
        if not seems_slow(new, old, settings) or not self._may_time(move):
            return None
        slow = self._is_slow_beside(move)
        return None if slow is None else f"{new.milliseconds:.0f} ms a pass, before {old.milliseconds:.0f}; {slow}"

    def _may_time(self, move: PromotionRecord) -> bool:
        now = self._context.clock()
        if now - self._timed_at.get(move.id, now - _TIMED_AGAIN) < _TIMED_AGAIN:
            return False
        self._timed_at = {move.id: now}
        return True

    def _is_slow_beside(self, move: PromotionRecord) -> str | None:
        """Time both models on the same photos: in service the one may only have had more to do at once."""
        with self._context.database.read() as session:
            records = [get_model(session, version or 0) for version in (move.previous_version, move.model_version)]
            keys = newest_photos(session, _PHOTOS)
        old, new = (load_quietly(self._context.settings, record) for record in records)
        ratios, most = [], self._context.settings.rollback.latency
        for turn, key in enumerate(keys * _TIMES):
            try:
                picture = self._context.images.get(key)
                before, now = look_with_both(self._context.settings, picture, old, new, turned=turn % 2 == 1)
            except (FileNotFoundError, BadPhoto):
                continue
            if before.milliseconds and now.milliseconds:
                ratios.append(now.milliseconds / before.milliseconds)
        if not ratios or median(ratios) <= most:
            log.info("Model %s is slower in service, but not on the same photos", move.model_version)
            return None
        return f"{median(ratios):.2f} times the model before on the same photos, {most:g} are allowed"

    def _forget(self) -> None:
        now = self._context.clock()
        if self._forgot_at is None or now - self._forgot_at >= _FORGET_EVERY:
            with self._context.database.write() as session:
                forget_use(session, now - KEPT)
            self._forgot_at = now
