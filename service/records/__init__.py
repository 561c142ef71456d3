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
from service.records.clips import ClipAnnotationRecord, ClipRecord, ClipTaskRecord
from service.records.drafts import DraftRecord, VerdictAnnotationRecord
from service.records.guidelines import GuidelineRecord, PilotRecord, PilotTaskRecord
from service.records.label_studio import (
    LabelStudioEventRecord,
    LabelStudioProjectRecord,
    LabelStudioTaskRecord,
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
from service.records.privacy import DeletionRecord, RefusalRecord, RetentionRecord, ViewRecord
from service.records.quality import GoldRecord, LabelErrorSearchRecord, MarkRecord, ReviewRecord
from service.records.rounds import (
    DriftRecord,
    FacingVectorsRecord,
    LooksRecord,
    PickRecord,
    RoundRecord,
    SavingRecord,
    SignatureRecord,
)
from service.records.shadow import ModelUseRecord, ShadowCaptureRecord, ShadowRecord
from service.records.snapshots import SnapshotRecord
from service.records.stores import BayRecord, CameraRecord, StoreRecord
from service.records.tasks import (
    AnnotationRecord,
    BlindAnnotationRecord,
    Drawn,
    FacingLabelRecord,
    Leasable,
    PassRecord,
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
    "ClipAnnotationRecord",
    "ClipRecord",
    "ClipTaskRecord",
    "ComplianceRecord",
    "DayShareRecord",
    "DayVerdictRecord",
    "DecidedVerdictRecord",
    "DeletionRecord",
    "DeliveryRecord",
    "DraftRecord",
    "Drawn",
    "DriftRecord",
    "EmbedderRecord",
    "FacingChancesRecord",
    "FacingLabelRecord",
    "FacingVectorsRecord",
    "FollowingRecord",
    "GalleryChangeRecord",
    "GoldRecord",
    "GuidelineRecord",
    "LabelErrorSearchRecord",
    "LabelStudioEventRecord",
    "LabelStudioProjectRecord",
    "LabelStudioTaskRecord",
    "Leasable",
    "LooksRecord",
    "MarkRecord",
    "ModelRecord",
    "ModelUseRecord",
    "NamingRecord",
    "PassRecord",
    "PickRecord",
    "PilotRecord",
    "PilotTaskRecord",
    "PlanogramRecord",
    "PlanogramVersionRecord",
    "PositionRecord",
    "PositionVerdictRecord",
    "ProductRecord",
    "PromotionRecord",
    "Record",
    "ReferenceRecord",
    "ReferenceVectorRecord",
    "RefusalRecord",
    "RetentionRecord",
    "RetrainingRecord",
    "ReviewRecord",
    "RoundRecord",
    "SavingRecord",
    "ShadowCaptureRecord",
    "ShadowRecord",
    "ShelfShareRecord",
    "SignatureRecord",
    "SnapshotRecord",
    "StoreRecord",
    "TaskCategoryRecord",
    "TaskRecord",
    "TouchedRecord",
    "UnknownFacingRecord",
    "UtcDateTime",
    "VariantRecord",
    "VerdictAnnotationRecord",
    "ViewRecord",
    "WebhookRecord",
]
