"""The records: one table per word of the design. Nothing here decides anything."""

from service.records.access import ApiKeyRecord
from service.records.base import Record, UtcDateTime
from service.records.captures import CaptureRecord
from service.records.catalogue import (
    AssortmentRecord,
    CatalogueChangeRecord,
    ProductRecord,
    TouchedRecord,
    VariantRecord,
)
from service.records.models import ModelRecord, PromotionRecord, RetrainingRecord
from service.records.naming import (
    EmbedderRecord,
    GalleryChangeRecord,
    NamingRecord,
    ReferenceRecord,
    ReferenceVectorRecord,
    UnknownFacingRecord,
)
from service.records.planograms import (
    ComplianceRecord,
    DayShareRecord,
    DayVerdictRecord,
    DecidedVerdictRecord,
    FacingChancesRecord,
    FollowingRecord,
    PlanogramRecord,
    PlanogramVersionRecord,
    PositionRecord,
    PositionVerdictRecord,
    ShelfShareRecord,
)
from service.records.rounds import (
    DriftRecord,
    FacingVectorsRecord,
    LooksRecord,
    PickRecord,
    RoundRecord,
    SavingRecord,
    SignatureRecord,
)
from service.records.stores import BayRecord, CameraRecord, StoreRecord
from service.records.tasks import (
    AnnotationRecord,
    BlindAnnotationRecord,
    Drawn,
    FacingLabelRecord,
    Leasable,
    TaskCategoryRecord,
    TaskRecord,
)
from service.records.webhooks import DeliveryRecord, WebhookRecord

__all__ = [
    "AnnotationRecord",
    "ApiKeyRecord",
    "AssortmentRecord",
    "BayRecord",
    "BlindAnnotationRecord",
    "CameraRecord",
    "CaptureRecord",
    "CatalogueChangeRecord",
    "ComplianceRecord",
    "DayShareRecord",
    "DayVerdictRecord",
    "DecidedVerdictRecord",
    "DeliveryRecord",
    "Drawn",
    "DriftRecord",
    "EmbedderRecord",
    "FacingChancesRecord",
    "FacingLabelRecord",
    "FacingVectorsRecord",
    "FollowingRecord",
    "GalleryChangeRecord",
    "Leasable",
    "LooksRecord",
    "ModelRecord",
    "NamingRecord",
    "PickRecord",
    "PlanogramRecord",
    "PlanogramVersionRecord",
    "PositionRecord",
    "PositionVerdictRecord",
    "ProductRecord",
    "PromotionRecord",
    "Record",
    "ReferenceRecord",
    "ReferenceVectorRecord",
    "RetrainingRecord",
    "RoundRecord",
    "SavingRecord",
    "ShelfShareRecord",
    "SignatureRecord",
    "StoreRecord",
    "TaskCategoryRecord",
    "TaskRecord",
    "TouchedRecord",
    "UnknownFacingRecord",
    "UtcDateTime",
    "VariantRecord",
    "WebhookRecord",
]
