"""How long pictures are kept: rules by store and kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.records import CaptureRecord, ClipRecord, RetentionRecord

EVERY_STORE = ""
Kept = TypeVar("Kept", CaptureRecord, ClipRecord)


class Kind(StrEnum):
    """What a rule is about. Views are the rows that say who saw and who was refused what."""

    CAPTURES = "captures"
    CLIPS = "clips"
    VIEWS = "views"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many days one kind is kept, by store; a store without a rule has the one for every store, if there is one."""

    of_store: dict[str, int]

    def span(self, store_id: str) -> timedelta:
        """Return how long a store's are kept; the store has a rule, of its own or for all."""
        return timedelta(days=self.of_store.get(store_id, self.of_store.get(EVERY_STORE, 0)))


def limits(session: Session, kind: Kind) -> Limits:
    """Return the rules of one kind."""
    rules = session.scalars(select(RetentionRecord).where(RetentionRecord.kind == kind))
    return Limits({rule.store_id: rule.days for rule in rules})


def expired(session: Session, kind: Kind, of: type[Kept], now: datetime, most: int) -> Sequence[tuple[Kept, datetime]]:
    """Return captures or clips whose time is over, with when that was, the oldest first.

    Their time begins when they are received.
    """
    rules = limits(session, kind)
    found: list[tuple[Kept, datetime]] = []
    for store_id in _stores_ruled(session, rules, of):
        kept = rules.span(store_id)
        over = select(of).where(of.store_id == store_id, of.deleted_at.is_(None), of.received_at <= now - kept)
        old = session.scalars(over.order_by(of.received_at).limit(most - len(found)))
        found += [(one, one.received_at + kept) for one in old]
    return found


def _stores_ruled(session: Session, rules: Limits, of: type[CaptureRecord] | type[ClipRecord]) -> list[str]:
    if EVERY_STORE not in rules.of_store:
        return sorted(rules.of_store)
    return sorted(session.scalars(select(of.store_id).distinct()))
