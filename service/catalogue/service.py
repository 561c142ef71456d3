"""Changing the catalogue: the one door."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from retail.catalogue_events import Event
from service.catalogue.changing import Change, Changing
from service.catalogue.loading import load_part
from service.catalogue.queries import lock_catalogue

__all__ = ["Change", "change", "change_all"]


def change(session: Session, event: Event, by: str, now: datetime) -> Change:
    """Let an event happen to the catalogue and to everything that points at its products.

    Raises:
        InvalidChange: if it cannot happen.
    """
    return change_all(session, [event], by, now)[0]


def change_all(session: Session, events: Sequence[Event], by: str, now: datetime) -> list[Change]:
    """Let some events happen, in order; all of them or, if the caller's transaction ends with the error, none.

    Raises:
        InvalidChange: for the first that cannot happen.
    """
    lock_catalogue(session)
    changing = Changing(session, load_part(session, events), events, by, now)
    changes = [changing.apply(event) for event in events]
    changing.finish(changes)
    return changes
