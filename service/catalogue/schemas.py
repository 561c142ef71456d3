"""Products and catalogue changes as requests and answers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from retail.products import VariantKind
from service.stores.queries import ID_PATTERN
from service.texts import Text

Trimmed = Annotated[Text, StringConstraints(strip_whitespace=True)]
FirstDay = Annotated[date | None, Field(description="first day, null where open")]
LastDay = Annotated[date | None, Field(description="last day, null where open")]
VariantId = Annotated[str, Field(pattern=ID_PATTERN, description="up to 64 of A-Z a-z 0-9 . _ -")]


class ProductRequest(BaseModel):
    """What a product is."""

    model_config = ConfigDict(extra="forbid")
    name: Trimmed = Field(min_length=1, max_length=200, description="as printed on the pack")
    category: list[Annotated[Trimmed, Field(min_length=1, max_length=100)]] = Field(
        min_length=1,
        max_length=12,
        description="path from the root of the category tree",
        examples=[["drinks", "juice"]],
    )
    family: Trimmed | None = Field(None, max_length=100, description="products of one family are siblings")
    valid_from: FirstDay = None


class RenameRequest(BaseModel):
    """The GTIN that a product has from now on."""

    model_config = ConfigDict(extra="forbid")
    new_gtin: Text


class MergeRequest(BaseModel):
    """The product that a product is merged into."""

    model_config = ConfigDict(extra="forbid")
    into: Text = Field(description="its GTIN; it stays, with the variants of both")


class PartRequest(ProductRequest):
    """One of the products that a product is split into."""

    gtin: Text = Field(description="a new one, or that of the product that is split")
    variant_ids: list[VariantId] = Field(
        [], max_length=100, description="variants of the split product that are this one's"
    )


class SplitRequest(BaseModel):
    """The products that a product is split into; the one that keeps the GTIN keeps the variants nobody else takes."""

    model_config = ConfigDict(extra="forbid")
    into: list[PartRequest] = Field(min_length=2, max_length=50)


class DelistRequest(BaseModel):
    """When a product was on sale for the last time."""

    model_config = ConfigDict(extra="forbid")
    last_day: date = Field(description="what points at the product expires on this day, at once if it has come")


class RefreshRequest(BaseModel):
    """A new look of a product, which replaces its regular one."""

    model_config = ConfigDict(extra="forbid")
    variant_id: VariantId
    valid_from: FirstDay = None
    last_day_of_old: date = Field(description="last day of the old look, which then is of kind old_design")


class VariantRequest(BaseModel):
    """One packaging look of a product."""

    model_config = ConfigDict(extra="forbid")
    kind: VariantKind = VariantKind.REGULAR
    valid_from: FirstDay = None
    valid_until: LastDay = None


class VariantAnswer(BaseModel):
    """One packaging look of a product."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    kind: VariantKind
    valid_from: FirstDay
    valid_until: LastDay


class ProductAnswer(BaseModel):
    """A product of the catalogue."""

    gtin: str
    name: str
    category: list[str]
    family: str | None
    valid_from: FirstDay
    valid_until: date | None = Field(description="last day on sale; a delisted product has one")
    variants: list[VariantAnswer] = Field(description="the first look, whose id is the GTIN, comes first")


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
    by: str
    kind: str
    gtin: str = Field(description="empty where a store's assortment or a planogram changed")
    details: dict[str, Any]


class ChangesAnswer(BaseModel):
    """Changes in order, and the catalogue's version."""

    version: int
    changes: list[ChangeAnswer]


class TouchedAnswer(BaseModel):
    """One label, reference or planogram position that a change touched."""

    model_config = ConfigDict(from_attributes=True)
    kind: Literal["facing", "reference", "position"]
    id: str = Field(description="annotation/place in its boxes, the reference's id, or planogram/version/shelf/slot")
    action: Literal["remapped", "requeued", "expired", "restored"]
    before: str
    after: str | None = Field(description="the product it points at now, null where it counts no longer")


class TouchedPage(BaseModel):
    """A page of what a change touched, by kind and id."""

    version: int
    touched: list[TouchedAnswer]
    next: str | None = Field(description="`after` of the next page, null on the last one")


class CountsAnswer(BaseModel):
    """How much a change touched."""

    facings: int
    references: int
    positions: int


class ChangedAnswer(BaseModel):
    """What became of a change, or would with `dry_run`."""

    catalogue_version: int
    changed: bool = Field(description="false if everything was so before")
    dry_run: bool
    counts: CountsAnswer
    touched: list[TouchedAnswer] = Field(
        description="the first 1000; GET /v1/catalogue/changes/{version}/touched has them all"
    )
