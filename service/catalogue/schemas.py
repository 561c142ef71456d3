"""Products and catalogue changes as requests and answers."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from service.texts import Text


class ProductRequest(BaseModel):
    """What a product is."""

    model_config = ConfigDict(extra="forbid")
    name: Text = Field(min_length=1, max_length=200, description="as printed on the pack")
    category: list[Annotated[Text, Field(min_length=1, max_length=100)]] = Field(
        min_length=1,
        max_length=12,
        description="path from the root of the category tree",
        examples=[["drinks", "juice"]],
    )
    family: Text | None = Field(None, max_length=100, description="products of one family are siblings")


class ProductAnswer(BaseModel):
    """A product of the catalogue."""

    model_config = ConfigDict(from_attributes=True)
    gtin: str
    name: str
    category: list[str]
    family: str | None


class PutProductAnswer(ProductAnswer):
    """A product after it was put, and the catalogue's version then."""

    catalogue_version: int
    changed: bool = Field(description="false if the product was exactly this before")


class ProductsAnswer(BaseModel):
    """A page of products in the order of their GTIN."""

    products: list[ProductAnswer]
    next: str | None = Field(description="`after` of the next page, null on the last one")


class ChangeAnswer(BaseModel):
    """One change of the catalogue; its version is the catalogue's version after it."""

    model_config = ConfigDict(from_attributes=True)
    version: int
    at: datetime
    kind: str
    gtin: str
    details: dict[str, Any]


class ChangesAnswer(BaseModel):
    """Changes in order, and the catalogue's version."""

    version: int
    changes: list[ChangeAnswer]
