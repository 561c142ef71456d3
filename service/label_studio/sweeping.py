"""Looking for what webhooks did not tell: Label Studio sends each once, with one second of patience."""

import logging
from datetime import datetime, timedelta
from typing import Any

from service.context import Context
from service.label_studio.client import LabelStudio
from service.label_studio.pushing import renew
from service.label_studio.queries import add_event, aging_tasks, get_project

log = logging.getLogger(__name__)
# What was being written while Label Studio answered may carry an earlier time and be seen only afterwards.
MARGIN = timedelta(minutes=1)


def sweep(context: Context, api: LabelStudio, project_id: str) -> int:
    """Keep every change of annotations since the last sweep as an event; return how many nobody had told of.

    Raises:
        LabelStudioError: where Label Studio does not answer; what was found until then stays.
    """
    with context.database.read() as session:
        project = get_project(session, project_id)
    assert project.project is not None
    begun: datetime | None = None
    found = 0
    for answered_at, tasks in api.tasks(project.project, project.swept_until):
        begun = begun or answered_at
        found += _keep(context, project_id, tasks)
    now = context.clock()
    with context.database.write() as session:
        swept = get_project(session, project_id, lock=True)
        swept.swept_at = now
        swept.swept_until = project.swept_until if begun is None else begun - MARGIN
    if found:
        log.info("A sweep of Label Studio found %d changes that no webhook told of", found)
    return found


def _keep(context: Context, project_id: str, tasks: list[dict[str, Any]]) -> int:
    now, found = context.clock(), 0
    with context.database.write() as session:
        for task in tasks:
            for annotation in task["annotations"]:
                found += add_event(session, project_id, int(task["id"]), annotation, "sweep", now)
    return found


def keep_held(context: Context, api: LabelStudio, project_id: str) -> None:
    """Hold what is labelled there for longer, once half of its time is over.

    Raises:
        LabelStudioError: where Label Studio does not answer.
    """
    now = context.clock()
    with context.database.read() as session:
        rows = aging_tasks(session, project_id, now + timedelta(days=context.settings.label_studio.lease_days) / 2)
    renew(context, api, project_id, rows, now)
