"""Stores, cameras and bays in the records."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, String, bindparam, select
from sqlalchemy.orm import Session

from retail.stores import Store
from service.inserting import insert_if_new
from service.prepared import Prepared
from service.records import BayRecord, CameraRecord, StoreRecord

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def places_of_capture(
    session: Session, store_id: str, bay_id: str, camera_id: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return the store's format, the bay's store and the camera's store; None for each that there is not.

    Any text may be asked for; all three are asked for at once, because every photo asks.
    """
    asked = {"store": _possible(store_id), "bay": _possible(bay_id), "camera": _possible(camera_id or "")}
    (row,) = _PLACES.rows(session, asked)
    return row.format, row.store_of_bay, row.store_of_camera


def _places(_dialect: str) -> Select[*tuple[Any, ...]]:
    store, bay, camera = (bindparam(name, type_=String) for name in ("store", "bay", "camera"))
    return select(
        select(StoreRecord.format).where(StoreRecord.id == store).scalar_subquery().label("format"),
        select(BayRecord.store_id).where(BayRecord.id == bay).scalar_subquery().label("store_of_bay"),
        select(CameraRecord.store_id).where(CameraRecord.id == camera).scalar_subquery().label("store_of_camera"),
    )


_PLACES = Prepared(_places)


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
