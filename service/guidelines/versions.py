"""Which guideline holds, for everybody or for one task."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic_core import from_json, to_json
from sqlalchemy import select
from sqlalchemy.orm import Session

import labeling
from labeling.guidelines import Guideline, parse_guideline
from service.guidelines import queries
from service.records import GuidelineRecord, TaskRecord

SHIPPED = Path(labeling.__file__).parents[1] / "configs" / "guidelines" / "shelf.yaml"
FIRST = 1


def in_force(session: Session) -> Guideline:
    """Return the guideline that holds for everybody."""
    record = queries.newest_in_force(session)
    return shipped_guideline() if record is None else guideline_from(record)


def guideline_for(session: Session, task: TaskRecord) -> Guideline:
    """Return the guideline that a task is labelled by.

    That is its pilot's while the pilot is open, else what was in force when the task was leased: who labels by rules
    that changed meanwhile must not be said to have known the new ones.
    """
    version = session.scalar(select(queries.version_labelled_by(task.copy_of or task.id, task.leased_at)))
    return shipped_guideline() if version is None else read_version(session, version)


def read_version(session: Session, version: int) -> Guideline:
    """Return one version.

    Raises:
        Problem: guideline-not-found.
    """
    record = queries.find_version(session, version)
    if record is None and version == FIRST:
        return shipped_guideline()
    return guideline_from(queries.get_version(session, version) if record is None else record)


@lru_cache(1)
def shipped_guideline() -> Guideline:
    """Return the guideline that comes with the project, as version 1."""
    return parse_guideline(yaml.safe_load(SHIPPED.read_text()), FIRST)


def guideline_from(record: GuidelineRecord) -> Guideline:
    """Return the guideline of a record."""
    return _parsed(to_json(record.document), record.version)


@lru_cache(32)
def _parsed(document: bytes, version: int) -> Guideline:
    read: dict[str, Any] = from_json(document)
    return parse_guideline(read, version)
