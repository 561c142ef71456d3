"""Stores, cameras and bays in the records."""

import re
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from retail.stores import Store
from service.inserting import insert_if_new
from service.records import BayRecord, CameraRecord, StoreRecord

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def places_of_capture(
    session: Session, store_id: str, bay_id: str, camera_id: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return the store's format, the bay's store and the camera's store; None for each that there is not.

    Any text may be asked for; all three are asked for at once, because every photo asks.
    """
    wanted = (
        (StoreRecord.format, StoreRecord.id == _possible(store_id)),
        (BayRecord.store_id, BayRecord.id == _possible(bay_id)),
        (CameraRecord.store_id, CameraRecord.id == _possible(camera_id or "")),
    )
    row = session.execute(select(*(select(column).where(where).scalar_subquery() for column, where in wanted))).one()
    format, store_of_bay, store_of_camera = row
    return format, store_of_bay, store_of_camera


def _possible(id: str) -> str:
    """Return an id, or the empty text, which is none, for what no database may be asked for."""
    return id if re.match(ID_PATTERN, id) else ""


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
