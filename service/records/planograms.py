"""How bays should look, and whether they do."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class PlanogramRecord(Record):
    """A planogram, of whatever version."""

    __tablename__ = "planograms"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)


class PlanogramVersionRecord(Record):
    """A planogram as it was put once; it never changes but for what the catalogue does to its positions."""

    __tablename__ = "planogram_versions"
    planogram_id: Mapped[str] = mapped_column(ForeignKey("planograms.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    store_format: Mapped[str | None] = mapped_column(String(32))  # of the stores that it is for; null for all
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]  # the last day
    width: Mapped[float | None]  # of the bay, cm
    shelves: Mapped[list[Any]] = mapped_column(default=list)  # [{number, base, clear}]
    put_at: Mapped[datetime | None]  # unknown for those from before it was kept
    by: Mapped[str] = mapped_column(String(100))


class FollowingRecord(Record):
    """Since when a bay follows a planogram; the newest row counts, older ones say what it followed before."""

    __tablename__ = "followings"
    bay_id: Mapped[str] = mapped_column(ForeignKey("bays.id"), primary_key=True)
    catalogue_version: Mapped[int] = mapped_column(ForeignKey("catalogue_changes.version"), primary_key=True)
    planogram_id: Mapped[str] = mapped_column(ForeignKey("planograms.id"))
    since: Mapped[datetime | None]  # unknown for those from before it was kept


class PositionRecord(Record):
    """One slot of a version of a planogram."""

    __tablename__ = "positions"
    planogram_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    shelf: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin"), index=True)
    wide: Mapped[int]
    high: Mapped[int]
    x: Mapped[float | None]  # cm
    width: Mapped[float | None]  # cm
    state: Mapped[str] = mapped_column(String(16))  # current | requeued | expired | replaced
    __table_args__ = (
        ForeignKeyConstraint(
            ["planogram_id", "version"],
            ["planogram_versions.planogram_id", "planogram_versions.version"],
            name="positions_of_a_version",
        ),
    )


class DecidedVerdictRecord(Record):
    """The last verdict of a bay's position that was not undecided."""

    __tablename__ = "decided_verdicts"
    bay_id: Mapped[str] = mapped_column(ForeignKey("bays.id"), primary_key=True)
    shelf: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    gtin: Mapped[str] = mapped_column(String(14))
    verdict: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]  # when the photo was taken that first showed it


class ComplianceRecord(Record):
    """How a bay kept its planogram as a capture shows it, together with others of the same visit."""

    __tablename__ = "compliances"
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), primary_key=True)
    bay_id: Mapped[str] = mapped_column(ForeignKey("bays.id"))
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    planogram_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)  # when the newest of the photos was taken
    photos: Mapped[list[Any]]  # captures judged together, the newest first
    fits: Mapped[bool]
    counts: Mapped[dict[str, Any]]  # by verdict: of positions, `unexpected` of facings
    flip: Mapped[float]  # probability that at least one verdict on what this capture alone shows is another
    answer: Mapped[dict[str, Any]]
    __table_args__ = (Index("compliances_of_a_bay", "bay_id", "at"),)


class PositionVerdictRecord(Record):
    """What became of one position; there is none where the photo does not fit the planogram."""

    __tablename__ = "position_verdicts"
    capture_id: Mapped[str] = mapped_column(ForeignKey("compliances.capture_id"), primary_key=True)
    shelf: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    gtin: Mapped[str] = mapped_column(String(14))  # as it was then
    verdict: Mapped[str] = mapped_column(String(16))
    probability: Mapped[float]
    flip: Mapped[float]
    in_view: Mapped[bool]
    facings_planned: Mapped[int]
    facings_seen: Mapped[int]


class ShelfShareRecord(Record):
    """One product's share of the shelf in a compliance, 0..1; those of one compliance sum to 1."""

    __tablename__ = "shelf_shares"
    capture_id: Mapped[str] = mapped_column(ForeignKey("compliances.capture_id"), primary_key=True)
    gtin: Mapped[str] = mapped_column(String(14), primary_key=True)  # as it was then; empty: of unknown products
    share: Mapped[float]


class DayVerdictRecord(Record):
    """What became of one position on one day (of UTC), as reports count it."""

    __tablename__ = "day_verdicts"
    bay_id: Mapped[str] = mapped_column(ForeignKey("bays.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    shelf: Mapped[int] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    gtin: Mapped[str] = mapped_column(String(14))  # as it was then
    verdict: Mapped[str] = mapped_column(String(16))


class DayShareRecord(Record):
    """One product's share of a bay's shelf on one day (of UTC), as reports count it."""

    __tablename__ = "day_shares"
    bay_id: Mapped[str] = mapped_column(ForeignKey("bays.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    gtin: Mapped[str] = mapped_column(String(14), primary_key=True)  # as it was then; empty: of unknown products
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    share: Mapped[float]


class FacingChancesRecord(Record):
    """Which products a capture's facings may show, for later photos of the same visit."""

    __tablename__ = "facing_chances"
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), primary_key=True)
    shown: Mapped[list[Any]]  # [shelf, slot] of each place that the photo shows
    chances: Mapped[dict[str, Any]]  # as service.compliance.chances writes them
