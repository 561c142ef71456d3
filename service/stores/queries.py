"""Stores, cameras and bays in the records."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from retail.stores import Store
from service.inserting import insert_if_new
from service.records import BayRecord, CameraRecord, StoreRecord

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Place = TypeVar("Place", StoreRecord, CameraRecord, BayRecord)


def find_place(session: Session, kind: type[Place], id: str) -> Place | None:
    """Return a store, camera or bay, None if there is none of this id; any text may be asked for."""
    return session.get(kind, id) if re.match(ID_PATTERN, id) else None


def put_store(session: Session, store: Store) -> bool:
    """Add or change a store; say whether it is new."""
    if insert_if_new(session, StoreRecord, id=store.id, name=store.name, format=store.format):
        return True
    known = session.get_one(StoreRecord, store.id)
    known.name, known.format = store.name, store.format
    return False


def list_stores(session: Session) -> Sequence[StoreRecord]:
    """Return all stores by id."""
    return session.scalars(select(StoreRecord).order_by(StoreRecord.id)).all()


def places_by_store(session: Session, kind: type[CameraRecord] | type[BayRecord]) -> dict[str, list[str]]:
    """Return the ids of all cameras, or of all bays, by the id of their store."""
    places: dict[str, list[str]] = defaultdict(list)
    for id, store_id in session.execute(select(kind.id, kind.store_id).order_by(kind.id)):
        places[store_id].append(id)
    return places
