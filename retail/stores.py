"""Stores, their cameras and their bays."""

from dataclasses import dataclass
from enum import StrEnum


class StoreFormat(StrEnum):
    """How large a store is and how it is built."""

    HYPERMARKET = "hypermarket"
    SUPERMARKET = "supermarket"
    CONVENIENCE = "convenience"


@dataclass(frozen=True, slots=True)
class Store:
    """Where a photo comes from."""

    id: str
    name: str
    format: StoreFormat


@dataclass(frozen=True, slots=True)
class Camera:
    """A fixed camera, or the phone of one employee."""

    id: str
    store_id: str


@dataclass(frozen=True, slots=True)
class Bay:
    """One fixture section of a store."""

    id: str
    store_id: str
