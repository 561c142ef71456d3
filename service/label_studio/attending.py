"""The part of a worker that talks to Label Studio: sends what waits, sweeps, and takes what came back."""

import logging
import threading
from datetime import timedelta

from service.context import Context
from service.label_studio.client import LabelStudio, LabelStudioError
from service.label_studio.pushing import send
from service.label_studio.queries import get_project, hold_project, projects_to_attend
from service.label_studio.sweeping import keep_held, sweep
from service.label_studio.taking import take_waiting
from service.problems import Problem

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
# Longer than a round takes to be sent; a worker that was killed holds up its projects for no longer than this.
HOLD = timedelta(minutes=15)
MOST_LETTERS = 500


def keep_attending(
    context: Context, stopping: threading.Event, holder: str, poll_seconds: float = POLL_SECONDS
) -> None:
    """Until `stopping` is set, do what is to be done. No other worker may have the name `holder`."""
    while not stopping.wait(poll_seconds):
        try:
            attend(context, holder)
        except Exception:  # mostly a database that restarts
            log.exception("Label Studio could not be attended to; trying again")


def attend(context: Context, holder: str) -> None:
    """Send what waits, look for changes where it is time, and take what came; each project's trouble is its own."""
    settings = context.settings.label_studio
    if settings.url:
        now = context.clock()
        with context.database.read() as session:
            ids = projects_to_attend(session, now - timedelta(seconds=settings.sweep_seconds))
        for id in ids:
            _attend_to(context, id, holder)
    take_waiting(context)


def _attend_to(context: Context, project_id: str, holder: str) -> None:
    now = context.clock()
    with context.database.write() as session:
        if not hold_project(session, project_id, holder, now, now + HOLD):
            return
        closed = get_project(session, project_id).closed_at is not None
    error = None
    try:
        with LabelStudio(context.settings.label_studio) as api:
            if closed:
                _leave(context, api, project_id)
            else:
                send(context, api, project_id)
                sweep(context, api, project_id)
                keep_held(context, api, project_id)
    except LabelStudioError as problem:
        error = str(problem)
        log.warning("Project %s: %s", project_id, error)
    except Problem as problem:
        error = problem.detail
    with context.database.write() as session:
        project = get_project(session, project_id, lock=True)
        project.error = error and error[:MOST_LETTERS]
        project.held_until = project.held_by = None
        if error is not None:  # the other projects shall not wait for this one's time-outs all the time
            pause = timedelta(seconds=context.settings.label_studio.sweep_seconds)
            project.held_until, project.held_by = now + pause, "a pause after a failure"


def _leave(context: Context, api: LabelStudio, project_id: str) -> None:
    """Take the webhook back; the project itself belongs to those who work in Label Studio."""
    with context.database.read() as session:
        hook = get_project(session, project_id).hook
    if hook is not None:
        api.remove_hook(hook)
    with context.database.write() as session:
        get_project(session, project_id, lock=True).hook = None
