"""Stores, their cameras and bays."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class StoreRecord(Record):
    """A store."""

    __tablename__ = "stores"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(32))


class CameraRecord(Record):
    """A camera of a store."""

    __tablename__ = "cameras"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), index=True)


class BayRecord(Record):
    """A bay of a store, and the planogram that it follows."""

    __tablename__ = "bays"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), index=True)
    planogram_id: Mapped[str | None] = mapped_column(ForeignKey("planograms.id"), index=True)
    planogram_version: Mapped[int | None]  # the newest that it was reset to; validity says which one is in force
