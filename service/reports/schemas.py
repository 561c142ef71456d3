"""Reports as answers."""

from datetime import date

from pydantic import BaseModel, Field

from retail.stores import StoreFormat


class Group(BaseModel):
    """What a row is about: it has the fields that were asked for, and no others."""

    store_id: str | None = None
    store_name: str | None = None
    format: StoreFormat | None = None
    category: list[str] | None = Field(None, description="path, one below the category asked for, or that one itself")
    week: str | None = Field(None, description="of ISO 8601", examples=["2026-W09"])
    monday: date | None = Field(None, description="first day of the week")


class ComplianceRow(Group):
    """How planograms were kept: every position of a bay counts once a day."""

    bays: int
    positions: int = Field(description="times days: correct, wrong, out of stock and undecided together")
    correct: int
    wrong_position: int
    wrong_shelf: int
    out_of_stock: int
    undecided: int = Field(description="no photo of that day could tell")
    compliance_rate: float | None = Field(description="correct, of those decided; null if none is")
    on_shelf_availability: float | None = Field(description="not out of stock, of those decided; null if none is")


class ShareRow(Group):
    """How much of the shelf a product or a category takes."""

    gtin: str | None = Field(None, description="null for all facings whose product is not known; their category is []")
    name: str | None = None
    share: float = Field(description="0 to 1; of rows that differ in product or category alone they sum to 1")


class ComplianceReport(BaseModel):
    """How planograms were kept; days are those of UTC."""

    since: date
    until: date
    rows: list[ComplianceRow] = Field(description="in the order of `by`")
    more: bool = Field(description="there are further rows; the CSV file has them all")


class ShareReport(BaseModel):
    """Who takes how much of the shelf; days are those of UTC."""

    since: date
    until: date
    rows: list[ShareRow] = Field(description="in the order of `by`, then the largest share first")
    more: bool = Field(description="there are further rows; the CSV file has them all")
