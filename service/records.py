"""The records: one table per word of the design. Nothing here decides anything."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Times with a zone, kept in UTC on every database (SQLite forgets zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse times without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone reached the records")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Record(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        bytes: LargeBinary,
    }


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


class ProductRecord(Record):
    """A product of the catalogue, or what is left of one that was merged, renamed or split."""

    __tablename__ = "products"
    gtin: Mapped[str] = mapped_column(String(14), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    family: Mapped[str | None] = mapped_column(String(100))
    category: Mapped[list[Any]]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]  # the last day; a delisted product has one
    became: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # GTINs that took its place; else null


class VariantRecord(Record):
    """One packaging look of a product."""

    __tablename__ = "variants"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class AssortmentRecord(Record):
    """A product that a store carries; a store without any row carries everything."""

    __tablename__ = "assortments"
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin"), primary_key=True, index=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class CatalogueChangeRecord(Record):
    """One change of the catalogue; its version is the catalogue's version after it."""

    __tablename__ = "catalogue_changes"
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(32))
    gtin: Mapped[str] = mapped_column(String(14), index=True)
    details: Mapped[dict[str, Any]]


class TouchedRecord(Record):
    """One annotated facing, reference or planogram position that a change of the catalogue touched."""

    __tablename__ = "touched"
    version: Mapped[int] = mapped_column(ForeignKey("catalogue_changes.version"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)  # facing | reference | position
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    action: Mapped[str] = mapped_column(String(16))  # remapped | requeued | expired | restored
    before: Mapped[str] = mapped_column(String(14))
    after: Mapped[str | None] = mapped_column(String(14))


class ReferenceRecord(Record):
    """A picture of a variant that facings are compared with: a pack-shot, or a facing that a person named."""

    __tablename__ = "reference_pictures"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("variants.id"), index=True)
    source: Mapped[str] = mapped_column(String(16))  # pack_shot | shelf
    view: Mapped[str] = mapped_column(String(16))  # front | back | side | top | bottom | held
    image_key: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    capture_id: Mapped[str | None] = mapped_column(ForeignKey("captures.id"), index=True)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))  # live | requeued | expired
    __table_args__ = (UniqueConstraint("variant_id", "sha256", name="one_reference_per_picture"),)


class GalleryChangeRecord(Record):
    """Says that a reference came, went or shows another variant; servers follow these in order."""

    __tablename__ = "gallery_changes"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class EmbedderRecord(Record):
    """An embedder that can name products. The default one lives in the installation."""

    __tablename__ = "embedders"
    id: Mapped[str] = mapped_column(String(100), primary_key=True)  # name and hash, as its metadata says
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(16))  # default | file
    state: Mapped[str] = mapped_column(String(16))  # embedding | ready | serving | retired | failed
    progress: Mapped[dict[str, Any]]
    error: Mapped[str | None] = mapped_column(String(2000))


class ReferenceVectorRecord(Record):
    """What an embedder makes of a reference: a cache that can always be made again; little-endian float16."""

    __tablename__ = "reference_vectors"
    embedder_id: Mapped[str] = mapped_column(ForeignKey("embedders.id"), primary_key=True)
    reference_id: Mapped[str] = mapped_column(ForeignKey("reference_pictures.id"), primary_key=True)
    vector: Mapped[bytes]


class NamingRecord(Record):
    """Which embedder names products, calibrated how; the newest row counts."""

    __tablename__ = "namings"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    embedder_id: Mapped[str] = mapped_column(ForeignKey("embedders.id"))
    calibration: Mapped[dict[str, Any]]
    measured: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


class UnknownFacingRecord(Record):
    """A facing that shows none of the products known then; named later, alone or with its likes."""

    __tablename__ = "unknown_facings"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), index=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), index=True)
    detection: Mapped[int]  # its place in the capture's detections
    box: Mapped[list[Any]]
    embedder_id: Mapped[str] = mapped_column(ForeignKey("embedders.id"))
    vector: Mapped[bytes]
    unknown_score: Mapped[float]
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), index=True)  # open | named | dismissed
    gtin: Mapped[str | None] = mapped_column(String(14))
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(16))  # of a dismissed one: not_a_product | cannot_tell


class ApiKeyRecord(Record):
    """Who may do what, where. Only the key's SHA-256 is kept."""

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    unknown_policy: Mapped[str] = mapped_column(String(16), default="review")
    store_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ModelRecord(Record):
    """A detector that can serve. Version 1 is the starter, which lives in the installation."""

    __tablename__ = "models"
    version: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(16))  # starter | retraining
    retraining_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    mlflow_run_id: Mapped[str | None] = mapped_column(String(64))
    mlflow_version: Mapped[str | None] = mapped_column(String(16))
    artefact_sha256: Mapped[str] = mapped_column(String(64))
    metadata_json: Mapped[dict[str, Any]]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    gate: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class PromotionRecord(Record):
    """A move of the champion alias; the newest one says which model serves."""

    __tablename__ = "promotions"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    model_version: Mapped[int] = mapped_column(ForeignKey("models.version"))
    previous_version: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(16))  # starter | promote | rollback
    reason: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


class CaptureRecord(Record):
    """One photo of one bay at one time, and what the serving model answered."""

    __tablename__ = "captures"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))  # of the bytes that were sent
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id"))
    bay_id: Mapped[str] = mapped_column(ForeignKey("bays.id"))
    taken_at: Mapped[datetime]
    received_at: Mapped[datetime]
    width: Mapped[int]
    height: Mapped[int]
    image_key: Mapped[str] = mapped_column(String(200))
    image_sha256: Mapped[str] = mapped_column(String(64))  # of the stored picture, faces blurred
    faces_blurred: Mapped[int]
    stratum: Mapped[str] = mapped_column(String(64), index=True)
    colour_temperature: Mapped[float | None]  # kelvin; unknown for captures from before it was measured
    yaw: Mapped[float | None]  # degrees
    retake: Mapped[list[Any]] = mapped_column(default=list)
    near_duplicate_of: Mapped[str | None] = mapped_column(String(32))
    model_version: Mapped[int] = mapped_column(ForeignKey("models.version"))
    truncated: Mapped[bool]
    detections: Mapped[list[Any]]
    shelves: Mapped[list[Any]] = mapped_column(default=list)
    naming_id: Mapped[int | None] = mapped_column(ForeignKey("namings.id"))  # null: nothing was to be named
    unjudged: Mapped[str | None] = mapped_column(String(16))  # why there is no compliance; null for older ones, too
    __table_args__ = (
        UniqueConstraint("store_id", "bay_id", "sha256", name="one_capture_per_photo"),
        Index("captures_of_a_bay", "bay_id", "taken_at"),
        Index("captures_lately", "taken_at", "stratum"),
        Index("captures_of_a_camera", "store_id", "camera_id", "taken_at"),
    )


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


class TaskRecord(Record):
    """A capture to label. A lease is the token, the holder and the end of the hold."""

    __tablename__ = "tasks"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    round_id: Mapped[str] = mapped_column(ForeignKey("rounds.id"), index=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), unique=True)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    rank: Mapped[int]
    arm: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    predicted_boxes: Mapped[int]
    lease_token: Mapped[str | None] = mapped_column(String(64))
    leased_by: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]
    skip_reason: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (Index("tasks_waiting", "state", "rank"),)


class AnnotationRecord(Record):
    """Boxes and labels by a person, as drawn; `FacingLabelRecord` says what the labels mean today."""

    __tablename__ = "annotations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    superseded_by: Mapped[str | None] = mapped_column(String(32))  # a later annotation of the same task
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), index=True)
    annotator: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    seconds: Mapped[float | None]
    boxes: Mapped[list[Any]]
    catalogue_version: Mapped[int]
    guideline_version: Mapped[int]
    prelabel_model_version: Mapped[int]


class FacingLabelRecord(Record):
    """The product of one annotated facing, kept true while the catalogue changes."""

    __tablename__ = "facing_labels"
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)  # in the annotation's boxes
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin"), index=True)
    state: Mapped[str] = mapped_column(String(16))  # current | requeued | expired | replaced


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


class RetrainingRecord(Record):
    """One training job and what became of it."""

    __tablename__ = "retrainings"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    request: Mapped[dict[str, Any]]
    base_version: Mapped[int]
    snapshot_hash: Mapped[str | None] = mapped_column(String(64))
    progress: Mapped[dict[str, Any]]
    candidate_version: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(2000))


class WebhookRecord(Record):
    """An address that is told of events, and when it is told next."""

    __tablename__ = "webhooks"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    store_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    secret: Mapped[str] = mapped_column(String(64))  # readable: whoever signs needs it
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    disabled_at: Mapped[datetime | None]  # when its receiver asked for no more
    last_number: Mapped[int] = mapped_column(default=0)  # of its deliveries
    failures: Mapped[int] = mapped_column(default=0)  # since its receiver last said yes
    next_attempt_at: Mapped[datetime]
    held_by: Mapped[str | None] = mapped_column(String(100))  # the worker that is telling it
    held_until: Mapped[datetime | None]


class DeliveryRecord(Record):
    """One event on its way to one webhook; `body` is sent as it is."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id"))
    number: Mapped[int]  # in the order of the events
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))  # waiting | delivered | failed
    attempts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]  # the last time
    status: Mapped[int | None]  # of the last answer
    error: Mapped[str | None] = mapped_column(String(300))  # of the last attempt
    __table_args__ = (
        UniqueConstraint("webhook_id", "number", name="one_delivery_per_number"),
        Index("deliveries_waiting", "webhook_id", "state", "number"),
        Index("deliveries_by_age", "created_at"),
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
