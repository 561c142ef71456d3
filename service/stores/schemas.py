"""Stores as requests and answers."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from retail.stores import StoreFormat
from service.stores.queries import ID_PATTERN
from service.texts import Text

Id = Annotated[str, Path(pattern=ID_PATTERN, description="up to 64 of A-Z a-z 0-9 . _ -")]


class StoreRequest(BaseModel):
    """What a store is."""

    model_config = ConfigDict(extra="forbid")
    name: Text = Field(min_length=1, max_length=200)
    format: StoreFormat


class StoreAnswer(BaseModel):
    """A store with the ids of its cameras and bays."""

    id: str
    name: str
    format: StoreFormat
    cameras: list[str]
    bays: list[str]


class PlacedAnswer(BaseModel):
    """A camera or bay and the store it is in."""

    id: str
    store_id: str
