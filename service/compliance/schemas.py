"""Compliance as answers."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from retail.actions import ActionKind
from retail.compliance import Verdict

Box = tuple[float, float, float, float]


class Unjudged(StrEnum):
    """Why a capture has no compliance."""

    NOT_ASKED = "not-asked"
    NOT_RECOGNISED = "not-recognised"
    NO_NAMES = "no-names"
    NO_PLANOGRAM = "no-planogram"
    EARLIER = "earlier"


class UnjudgedAnswer(BaseModel):
    """Why a capture has no compliance, and what to do about it."""

    code: Unjudged
    message: str


class SightingAnswer(BaseModel):
    """A detection in one of the photos that were judged together."""

    photo: int = Field(description="its place in `photos`, from 0")
    detection: int = Field(description="its place in the detections of that capture, from 0")


class SlotAnswer(BaseModel):
    """A slot of the planogram."""

    shelf: int = Field(description="1 for the topmost")
    slot: int = Field(description="1 for the leftmost")


class JudgedPositionAnswer(SlotAnswer):
    """What became of one position."""

    gtin: str
    name: str | None
    wide: int = Field(description="how many facings are meant to stand side by side")
    high: int = Field(description="how many are meant to be stacked")
    x: float | None = Field(description="of the slot's left edge, in cm from the bay's, as the planogram says")
    width: float | None = Field(description="of the slot in cm, as the planogram says")
    verdict: Verdict
    probability: float = Field(description="of the likeliest verdict, also where that is too little to decide")
    chances: dict[Verdict, float] = Field(description="of each verdict that a position can have; they sum to 1")
    flip: float = Field(description="probability that another verdict is the true one")
    in_view: bool = Field(description="whether the photos show its place")
    facings_planned: int
    facings_seen: int = Field(description="of its product in its place, in all photos together")
    box: Box | None = Field(description="around those in this photo; null if there are none")
    detections: list[int] = Field(description="those facings' places in this capture's detections")
    elsewhere: list[int] = Field(description="its facings that stand elsewhere, in this capture's detections")


class JudgedFacingAnswer(BaseModel):
    """What became of one facing; it is counted once, however many photos show it."""

    detection: int | None = Field(description="its place in this capture's detections; null if others alone show it")
    sightings: list[SightingAnswer] = Field(description="the clearest first")
    shelf: int | None = Field(description="of the planogram, on which it stands")
    gtin: str | None = Field(description="the product it shows, as judged with the planogram; null if unknown")
    probability: float
    verdict: Verdict
    position: SlotAnswer | None = Field(description="the position that asks for it")


class SpotAnswer(BaseModel):
    """A gap, or a tag without a product."""

    detection: int | None = Field(description="its place in this capture's detections; null if another photo shows it")
    sighting: SightingAnswer
    shelf: int | None
    position: SlotAnswer | None = Field(description="the one that it belongs to")


class FacingCountAnswer(BaseModel):
    """How many facings a product has."""

    gtin: str
    name: str | None
    planned: int
    seen: int = Field(description="anywhere in the bay")
    in_place: int = Field(description="where the planogram asks for them")


class ShareAnswer(BaseModel):
    """What a product has of the bay."""

    gtin: str | None = Field(description="null for all facings of unknown products together")
    name: str | None
    share: float = Field(description="of the width of all facings that stand on a shelf, 0..1")
    facings: int


class ActionAnswer(BaseModel):
    """One thing for staff to do."""

    kind: ActionKind
    text: str
    value: float = Field(description="facings put right, times the probability that they are wrong")
    probability: float = Field(description="that there is something to do")
    gtin: str | None
    position: SlotAnswer | None = Field(description="where the product belongs; null if nowhere in this bay")


class ComplianceAnswer(BaseModel):
    """How a bay kept its planogram."""

    planogram_id: str
    planogram_version: int
    at: datetime = Field(description="when the newest of the photos was taken")
    photos: list[str] = Field(description="captures that were judged together, this one among them, the newest first")
    fits: bool = Field(description="false where the photo does not look like the bay; then everything is undecided")
    message: str | None = Field(description="what is odd about the photo, for people; null if nothing is")
    looks_like: list[str] = Field(description="where it does not fit: the bays of the store whose planogram it fits")
    likeness: float = Field(description="share of the named facings whose product is planned in the bay")
    mirrored: bool = Field(description="true if the photo shows the bay the wrong way round; it was judged turned back")
    counts: dict[Verdict, int] = Field(description="positions by verdict; `unexpected` counts facings")
    rate: float | None = Field(description="correct positions among the decided ones; null if none is decided")
    positions: list[JudgedPositionAnswer] = Field(description="in the order of the planogram")
    facings: list[JudgedFacingAnswer]
    facing_counts: list[FacingCountAnswer]
    share_of_shelf: list[ShareAnswer] = Field(description="the largest first")
    gaps: list[SpotAnswer]
    bare_tags: list[SpotAnswer] = Field(description="tags at which nothing stands")
    actions: list[ActionAnswer] = Field(description="what staff should do, the most valuable first")


class VerdictAnswer(SlotAnswer):
    """The verdict on one position, in short."""

    model_config = ConfigDict(from_attributes=True)
    gtin: str
    verdict: Verdict
    probability: float
    facings_planned: int
    facings_seen: int


class ComplianceSummary(BaseModel):
    """How a bay kept its planogram at one time."""

    capture_id: str = Field(description="GET /v1/captures/{id} has all of it")
    taken_at: datetime = Field(description="when the newest of the photos was taken")
    photos: list[str]
    planogram_id: str
    planogram_version: int
    fits: bool
    counts: dict[Verdict, int]
    rate: float | None
    positions: list[VerdictAnswer] = Field(description="empty where the photo does not fit")


class BayComplianceAnswer(BaseModel):
    """How a bay kept its planogram over time, the newest first."""

    bay_id: str
    compliances: list[ComplianceSummary]
    next: str | None = Field(description="`after` of the next page, null on the last one")
