"""Clips, their pieces and events, as requests and answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from labeling.leases import SkipReason, TaskState
from service.texts import Text

MOST_AT_ONCE = 20


class EventKindAnswer(BaseModel):
    """An event that is looked for."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    name: str
    description: str


class ClipAnswer(BaseModel):
    """A clip. The file as it was sent is deleted as soon as it is cut, or cannot be."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    store_id: str
    camera_id: str | None
    recorded_at: datetime
    received_at: datetime
    by: str
    state: str = Field(description="waiting, cut or failed")
    error: str | None = Field(description="why it could not be cut")
    size: int = Field(description="of the file, in bytes")
    seconds: float | None
    width: int | None = Field(description="of the kept frames, in pixels")
    height: int | None
    faces: int = Field(description="places that were covered, over all kept frames")
    raw_deleted_at: datetime | None = Field(description="when the file as it was sent was deleted")
    pieces: dict[TaskState, int] = Field({}, description="how many of its pieces are in each state")


class EventIn(BaseModel):
    """An event as it was marked."""

    model_config = ConfigDict(extra="forbid")
    event: Text = Field(description="its id in GET /v1/clips/events")
    start: float = Field(allow_inf_nan=False, description="seconds since the clip began")
    end: float = Field(allow_inf_nan=False, description="seconds since the clip began")
    track: int | None = Field(None, description="number of what moves, where one is meant")


class ClipTaskAnswer(BaseModel):
    """A piece of a clip."""

    id: str
    clip_id: str
    store_id: str
    camera_id: str | None
    recorded_at: datetime = Field(description="of the clip")
    part: int = Field(description="from 0, in the order of time")
    state: TaskState
    start: float = Field(description="of its first frame, seconds since the clip began")
    end: float = Field(description="when its last frame is over")
    frame_count: int
    frames_url: str = Field(description="its frames, faces covered: JPEGs one after the other")
    leased_until: datetime | None
    skip_reason: str | None


class LeasedClipTask(ClipTaskAnswer):
    """A piece to label now."""

    width: int
    height: int
    times: list[float] = Field(description="of each frame, seconds since the clip began")
    offsets: list[int] = Field(description="where each frame begins in the file of frames, and last its size")
    tracks: list[dict[str, Any]] = Field(
        description="what moves: `id` over the whole clip, `since` and `until` in seconds, and `boxes`: each the "
        "number of a frame in this piece, and x1, y1, x2, y2"
    )
    going_on: list[EventIn] = Field(description="events of the piece before that had not ended where this one begins")
    events: list[EventIn] = Field(description="what was marked before, where it is labelled again")


class ClipLeaseRequest(BaseModel):
    """How many pieces to take, and of which stores or clip."""

    model_config = ConfigDict(extra="forbid")
    count: int = Field(1, ge=1, le=MOST_AT_ONCE)
    store_ids: list[Text] | None = Field(None, min_length=1, description="only of these stores")
    clip_id: Text | None = Field(None, description="only of this clip")


class ClipLeaseAnswer(BaseModel):
    """A lease: its token is shown with everything that is done to its pieces. Without pieces the queue is empty."""

    lease_token: str
    leased_until: datetime
    tasks: list[LeasedClipTask]
    event_kinds: list[EventKindAnswer]


class ClipHolder(BaseModel):
    """Who holds a piece."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text


class MarkRequest(ClipHolder):
    """All events in a piece; none is an answer, too."""

    events: list[EventIn] = Field(max_length=500)
    seconds: float | None = Field(None, ge=0, allow_inf_nan=False, description="time spent")


class SkipClipRequest(ClipHolder):
    """Why a piece is passed over."""

    reason: SkipReason
    note: Text | None = Field(None, max_length=500)


class ClipAnnotationAnswer(BaseModel):
    """The events of a piece."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    task_id: str
    annotator: str
    created_at: datetime
    seconds: float | None
    events: list[EventIn]
    looked_for: list[str] = Field(description="the events that there were to mark; nothing is known of others")
    source: str = Field(description="person or file")


class ClipLeaseEnd(BaseModel):
    """Until when pieces are held."""

    leased_until: datetime


class ImportedClips(BaseModel):
    """What a file changed."""

    pieces: int = Field(description="in the file")
    changed: int = Field(description="pieces whose events are others now")
