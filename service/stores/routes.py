"""Stores, cameras and bays over HTTP."""

from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Response
from sqlalchemy.orm import Session

from retail.stores import Store, StoreFormat
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.inserting import insert_if_new
from service.problems import Problem, not_found
from service.records import BayRecord, CameraRecord, StoreRecord
from service.stores.queries import list_stores, places_by_store, put_store
from service.stores.schemas import Id, PlacedAnswer, StoreAnswer, StoreRequest

router = APIRouter(prefix="/v1/stores", tags=["stores"])
Changer = Annotated[Caller, Depends(require(Action.CHANGE_STORES))]
Reader = Annotated[Caller, Depends(require(Action.READ_STORES))]
Placed = TypeVar("Placed", CameraRecord, BayRecord)


@router.put("/{store_id}")
def register_store(context: ContextOf, caller: Changer, store_id: Id, store: StoreRequest, response: Response) -> Store:
    """Register a store or change it; the same request twice is the same as once."""
    caller.check_reach(store_id)
    registered = Store(store_id, store.name, store.format)
    with context.database.write() as session:
        response.status_code = 201 if put_store(session, registered) else 200
    return registered


@router.get("")
def read_stores(context: ContextOf, caller: Reader) -> list[StoreAnswer]:
    """List the stores within the key's scope."""
    with context.database.read() as session:
        cameras, bays = places_by_store(session, CameraRecord), places_by_store(session, BayRecord)
        return [
            StoreAnswer(
                id=store.id,
                name=store.name,
                format=StoreFormat(store.format),
                cameras=cameras.get(store.id, []),
                bays=bays.get(store.id, []),
            )
            for store in list_stores(session)
            if caller.may_reach(store.id)
        ]


@router.put("/{store_id}/cameras/{camera_id}")
def register_camera(
    context: ContextOf, caller: Changer, store_id: Id, camera_id: Id, response: Response
) -> PlacedAnswer:
    """Register a camera of a store."""
    caller.check_reach(store_id)
    with context.database.write() as session:
        response.status_code = 201 if _place(session, CameraRecord, camera_id, store_id) else 200
    return PlacedAnswer(id=camera_id, store_id=store_id)


@router.put("/{store_id}/bays/{bay_id}")
def register_bay(context: ContextOf, caller: Changer, store_id: Id, bay_id: Id, response: Response) -> PlacedAnswer:
    """Register a bay of a store."""
    caller.check_reach(store_id)
    with context.database.write() as session:
        response.status_code = 201 if _place(session, BayRecord, bay_id, store_id) else 200
    return PlacedAnswer(id=bay_id, store_id=store_id)


def _place(session: Session, kind: type[Placed], id: str, store_id: str) -> bool:
    """Add a camera or bay to a store and say whether it is new."""
    if session.get(StoreRecord, store_id) is None:
        raise not_found("store", store_id, field="store_id", remedy=f"Register it with PUT /v1/stores/{store_id}.")
    if insert_if_new(session, kind, id=id, store_id=store_id):
        return True
    if session.get_one(kind, id).store_id != store_id:
        word = "camera" if kind is CameraRecord else "bay"
        raise Problem(
            409,
            f"{word}-in-another-store",
            f"The {word} id {id!r} is taken by another store.",
            field=f"{word}_id",
            remedy=f"Choose another {word} id; putting the store's id in front keeps them apart.",
        )
    return False
