"""Assortments as requests and answers."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.catalogue.schemas import FirstDay, LastDay
from service.texts import Text

MOST_PRODUCTS = 200_000


class ListingRequest(BaseModel):
    """A product that a store carries, and on which days."""

    model_config = ConfigDict(extra="forbid")
    gtin: Text
    valid_from: FirstDay = None
    valid_until: LastDay = None


Listed = Text | ListingRequest


class AssortmentRequest(BaseModel):
    """What a store carries: all of it as `products`, or what to `add` and to `remove`."""

    model_config = ConfigDict(extra="forbid")
    products: list[Listed] | None = Field(
        None, min_length=1, max_length=MOST_PRODUCTS, description="GTINs, or with days as objects"
    )
    add: list[Listed] = Field([], max_length=MOST_PRODUCTS, description="these come, or get other days")
    remove: list[Text] = Field([], max_length=MOST_PRODUCTS)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.products is None) == (not self.add and not self.remove):
            raise ValueError("give either products, or add and remove")
        return self


class ListingAnswer(BaseModel):
    """A product that a store carries, and on which days."""

    model_config = ConfigDict(from_attributes=True)
    gtin: str
    valid_from: FirstDay
    valid_until: LastDay


class AssortmentAnswer(BaseModel):
    """A page of what a store carries, in the order of GTINs."""

    store_id: str
    everything: bool = Field(description="the store has no assortment: it carries all products")
    products: list[ListingAnswer]
    next: str | None = Field(description="`after` of the next page, null on the last one")


class AssortmentChangeAnswer(BaseModel):
    """What became of a change of an assortment."""

    store_id: str
    catalogue_version: int
    changed: bool
    dry_run: bool
    added: int = Field(description="products that came, or got other days")
    removed: int
    carried: int = Field(description="products that the store carries now; 0 stands for all there are")
