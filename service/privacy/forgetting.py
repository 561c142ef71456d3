"""What is derived from a capture's photo and goes with it: vectors, and what can no longer be looked at."""

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, select

from service.records import (
    AnnotationRecord,
    ClipTaskRecord,
    DraftRecord,
    FacingChancesRecord,
    FacingVectorsRecord,
    LooksRecord,
    Record,
    ReferenceRecord,
    SignatureRecord,
    TaskRecord,
    UnknownFacingRecord,
)

# By table: which of its rows are of a capture.
DERIVED: Mapping[type[Record], Callable[[str], ColumnElement[bool]]] = {
    LooksRecord: lambda id: LooksRecord.capture_id == id,
    SignatureRecord: lambda id: SignatureRecord.capture_id == id,
    UnknownFacingRecord: lambda id: UnknownFacingRecord.capture_id == id,
    DraftRecord: lambda id: DraftRecord.task_id.in_(select(TaskRecord.id).where(TaskRecord.capture_id == id)),
    FacingChancesRecord: lambda id: FacingChancesRecord.capture_id == id,
    FacingVectorsRecord: lambda id: FacingVectorsRecord.annotation_id.in_(
        select(AnnotationRecord.id).where(AnnotationRecord.capture_id == id)
    ),
}
# Where something of a capture's photo may be. Pictures of references go together with their vectors and their place in
# every server's gallery, so these rows are not simply deleted.
PLACES: Mapping[type[Record], Callable[[str], ColumnElement[bool]]] = {
    **DERIVED,
    ReferenceRecord: lambda id: ReferenceRecord.capture_id == id,
}

# The same for a clip.
PIECES: Mapping[type[Record], Callable[[str], ColumnElement[bool]]] = {
    ClipTaskRecord: lambda id: ClipTaskRecord.clip_id == id,
}
