"""Handing tasks of a round to Label Studio: taken out of the queue first, sent afterwards, in the queue's order.

A worker that is killed in between finds in Label Studio what it had done: a project by its title, tasks by the id in
their data.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from labeling.formats.label_studio import LABEL_CONFIG, results_of
from service.catalogue.loading import read_catalogue
from service.context import Context
from service.guidelines import in_force
from service.ids import new_id
from service.label_studio.client import LabelStudio
from service.label_studio.queries import HOLDER, for_label_studio, get_project, keep_numbers, unsent_tasks
from service.label_studio.signing import SECRET_HEADER, new_key, photo_url, webhook_secret
from service.problems import Problem
from service.records import CaptureRecord, LabelStudioProjectRecord, LabelStudioTaskRecord, TaskRecord
from service.settings import LabelStudioSettings
from service.tasks.leasing import take
from service.tasks.prelabels import as_box, prelabels
from service.tasks.queries import annotation_of

AT_ONCE = 50  # tasks in one request: a few megabytes where shelves are dense
TASK_ID = "shelfloop_task"  # in a task's data


def take_for_label_studio(
    session: Session,
    round_id: str,
    store_ids: Sequence[str] | None,
    most: int,
    by: str,
    now: datetime,
    settings: LabelStudioSettings,
) -> LabelStudioProjectRecord:
    """Lease the first queued tasks of a round for a new project in Label Studio; a worker sends them.

    Raises:
        Problem: nothing-to-push.
    """
    where = for_label_studio(round_id, store_ids)
    minutes = settings.lease_days * 24 * 60
    lease, tasks = take(session, TaskRecord, HOLDER, now, minutes, most=most, where=where)
    if not tasks:
        raise Problem(
            409,
            "nothing-to-push",
            "No task of this round is queued that can be labelled in Label Studio.",
            field="round_id",
            remedy="GET /v1/tasks?state=queued lists what waits; tiles and verdicts are for the built-in page.",
        )
    project = LabelStudioProjectRecord(id=new_id(now), round_id=round_id, created_at=now, by=by, key=new_key())
    session.add(project)
    session.flush()
    session.add_all(
        LabelStudioTaskRecord(project_id=project.id, task_id=task.id, place=place, photo_until=lease.leased_until)
        for place, task in enumerate(tasks)
    )
    session.flush()
    return project


def send(context: Context, api: LabelStudio, project_id: str) -> None:
    """Make the project, its webhook and its tasks in Label Studio, as far as they are not there.

    Raises:
        LabelStudioError: where Label Studio does not take them; what it took stays.
    """
    project = _project(context, project_id)
    number = project.project or _made(context, api, project)
    if project.hook is None:
        _add_hook(context, api, project, number)
    with context.database.read() as session:
        waiting = bool(unsent_tasks(session, project_id, 1))
    if waiting:
        _find_sent(context, api, project_id, number)
    while waiting:
        waiting = _send_some(context, api, project, number)


def _project(context: Context, project_id: str) -> LabelStudioProjectRecord:
    with context.database.read() as session:
        return get_project(session, project_id)


def _made(context: Context, api: LabelStudio, project: LabelStudioProjectRecord) -> int:
    title = f"Shelfloop {project.id}"
    with context.database.read() as session:
        guideline = in_force(session).text
    number = api.find_project(title)
    if number is None:
        number = api.make_project(title, f"Round {project.round_id}. {guideline}", LABEL_CONFIG)
    with context.database.write() as session:
        get_project(session, project.id, lock=True).project = number
    return number


def _add_hook(context: Context, api: LabelStudio, project: LabelStudioProjectRecord, number: int) -> None:
    own_url = context.settings.label_studio.own_url.rstrip("/")
    url = f"{own_url}/v1/label-studio/projects/{project.id}/events"
    hook = api.find_hook(number, url)
    if hook is None:
        hook = api.add_hook(number, url, {SECRET_HEADER: webhook_secret(project.key)})
    with context.database.write() as session:
        get_project(session, project.id, lock=True).hook = hook


def _find_sent(context: Context, api: LabelStudio, project_id: str, number: int) -> None:
    """Remember what arrived in Label Studio although nobody was left to note it."""
    for _, page in api.tasks(number, None):
        found = {str(task["data"][TASK_ID]): int(task["id"]) for task in page if TASK_ID in task["data"]}
        with context.database.write() as session:
            keep_numbers(session, project_id, found)


def _send_some(context: Context, api: LabelStudio, project: LabelStudioProjectRecord, number: int) -> bool:
    """Send the next tasks; say whether there were any."""
    with context.database.read() as session:
        rows = unsent_tasks(session, project.id, AT_ONCE)
        tasks = [_task(session, context, project, link, task, capture) for link, task, capture in rows]
    if not tasks:
        return False
    numbers = dict(zip((task.id for _, task, _ in rows), api.add_tasks(number, tasks), strict=True))
    with context.database.write() as session:
        keep_numbers(session, project.id, numbers)
    return True


def _task(
    session: Session,
    context: Context,
    project: LabelStudioProjectRecord,
    link: LabelStudioTaskRecord,
    task: TaskRecord,
    capture: CaptureRecord,
) -> dict[str, Any]:
    drawn = prelabels(session, task, capture, annotation_of(session, task.id))
    boxes = [(box, one.get("confidence")) for one in drawn if (box := as_box(one)) is not None]
    catalogue = read_catalogue(session, {box.gtin for box, _ in boxes if box.gtin is not None})
    names = {product.gtin: product.name for product in catalogue.products}
    scores = [score for _, score in boxes]
    prediction = {
        "model_version": f"shelfloop {capture.model_version}",
        "score": min((score for score in scores if score is not None), default=0.0),
        "result": results_of([box for box, _ in boxes], (capture.width, capture.height), names, scores),
    }
    own_url = context.settings.label_studio.own_url
    photo = photo_url(own_url, project.id, project.key, task.id, link.photo_until)
    return {"data": task_data(task, capture, photo), "predictions": [prediction]}


def task_data(task: TaskRecord, capture: CaptureRecord, photo: str) -> dict[str, Any]:
    """Return what Label Studio shows of a task beside its boxes, and what tells which one it is."""
    return {
        "image": photo,
        TASK_ID: task.id,
        "capture": capture.id,
        "width": capture.width,
        "height": capture.height,
        "store": task.store_id,
        "bay": capture.bay_id,
        "reason": task.reason,
        "rank": task.rank,
    }


def renew(context: Context, api: LabelStudio, project_id: str, rows: Sequence[Any], now: datetime) -> None:
    """Hold tasks for Label Studio for longer, and let their photos be seen for as long.

    Raises:
        LabelStudioError: where Label Studio does not take the new addresses.
    """
    until = now + timedelta(days=context.settings.label_studio.lease_days)
    project = _project(context, project_id)
    for link, task, capture in rows:
        photo = photo_url(context.settings.label_studio.own_url, project_id, project.key, task.id, until)
        api.change_task(link.number, task_data(task, capture, photo))
        with context.database.write() as session:
            hold_longer(session, project_id, task.id, until)


def hold_longer(session: Session, project_id: str, task_id: str, until: datetime) -> None:
    """Put off the end of the lease of a task that is held for Label Studio, and of its photo's address."""
    task = session.get_one(TaskRecord, task_id, with_for_update=True)  # first, as who takes an event does
    link = session.get_one(LabelStudioTaskRecord, (project_id, task_id))
    link.photo_until = until
    if task.leased_by == HOLDER and task.leased_until is not None:
        task.leased_until = until
