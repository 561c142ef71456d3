"""What the sampler knows of captures, and what it picked."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class SignatureRecord(Record):
    """What a capture leaves behind for sampling; a round reads all of them, so they repeat what it asks of captures."""

    __tablename__ = "signatures"
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), primary_key=True)
    model_version: Mapped[int]  # 0: a former starter; negative: that model could not read the photo again
    received_at: Mapped[datetime]
    store_id: Mapped[str] = mapped_column(String(64))
    camera_id: Mapped[str | None] = mapped_column(String(64))
    bay_id: Mapped[str] = mapped_column(String(64))
    stratum: Mapped[str] = mapped_column(String(64))
    near_duplicate: Mapped[bool]
    image_vector: Mapped[bytes]  # little-endian float16, at most 128
    numbers: Mapped[bytes]  # as service.signature_numbers packs them
    predicted_boxes: Mapped[int]
    facings: Mapped[int | None]  # null here and below: from before it was kept
    gaps: Mapped[int | None]
    unknown: Mapped[int | None]  # facings no known product explains; null where nothing was named
    confidence: Mapped[float | None]  # mean of the facings; null without any
    luminance: Mapped[float | None]
    clipped: Mapped[float | None]
    temperature: Mapped[float | None]
    gradient: Mapped[float | None]
    __table_args__ = (Index("signatures_of_a_model", "near_duplicate", "model_version", "capture_id"),)


class LooksRecord(Record):
    """The distinct looks of a capture, for the candidates of a round."""

    __tablename__ = "looks"
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), primary_key=True)
    model_version: Mapped[int]
    embedder_id: Mapped[str | None] = mapped_column(String(100))  # whose vectors they are; null: the detector's
    looks: Mapped[bytes]  # as sampling.looks writes them


class DriftRecord(Record):
    """What the last look at a camera said about drift; one row with an empty camera is of the whole store."""

    __tablename__ = "drifts"
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    looked_at: Mapped[datetime]
    captures: Mapped[int]  # how many there were then
    model_version: Mapped[int]  # that served then
    reference: Mapped[str] = mapped_column(String(16))  # snapshot | first
    reference_until: Mapped[datetime | None]  # when the newest of the reference was taken
    drifted: Mapped[bool]
    p: Mapped[float]
    undecided: Mapped[str] = mapped_column(String(300))  # why there is no decision
    since: Mapped[datetime | None]  # when the first capture was taken that differs
    seen_at_captures: Mapped[int | None]  # how many captures there were when drift was first seen
    signals: Mapped[list[Any]]
    pairs: Mapped[list[Any]]  # [{bay_id, before, now}]: captures
    strata: Mapped[list[Any]]  # of what drifted


class RoundRecord(Record):
    """One run of the sampler, with all it needs to be replayed."""

    __tablename__ = "rounds"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    config: Mapped[dict[str, Any]]
    pool_digest: Mapped[str] = mapped_column(String(64))
    pool_size: Mapped[int]
    model_version: Mapped[int]
    near_duplicates: Mapped[dict[str, Any]]
    notes: Mapped[list[Any]] = mapped_column(default=list)
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # null: of an earlier sampler


class PickRecord(Record):
    """One capture that a round chose, and why."""

    __tablename__ = "picks"
    round_id: Mapped[str] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), primary_key=True)
    rank: Mapped[int]
    arm: Mapped[str] = mapped_column(String(16))
    propensity: Mapped[float | None]
    terms: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(500))
    recipe: Mapped[str | None] = mapped_column(String(32))  # of the value arm; older picks have none


class SavingRecord(Record):
    """What the picks of a round were worth, measured when at least half of its tasks were done."""

    __tablename__ = "savings"
    round_id: Mapped[str] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    at: Mapped[datetime]
    newest_annotation: Mapped[str] = mapped_column(String(32))  # of the round then
    labelled: Mapped[int]  # its tasks that were labelled then
    embedder_id: Mapped[str | None] = mapped_column(String(100))  # null: nothing named
    of_round: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    so_far: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    losses: Mapped[dict[str, Any]]  # 0..1 of each recipe that showed one
    error: Mapped[str | None] = mapped_column(String(2000))


class FacingVectorsRecord(Record):
    """What an embedder makes of an annotation's named facings: a cache; little-endian float16."""

    __tablename__ = "facing_vectors"
    embedder_id: Mapped[str] = mapped_column(ForeignKey("embedders.id"), primary_key=True)
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    places: Mapped[list[Any]]  # of the facings in the annotation's boxes
    vectors: Mapped[bytes]
