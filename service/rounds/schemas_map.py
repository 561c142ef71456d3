"""The map of a round as an answer."""

from pydantic import BaseModel, Field

Place = tuple[float, float]


class PickPoint(BaseModel):
    """Where a pick lies."""

    capture_id: str
    x: float
    y: float


class MapAnswer(BaseModel):
    """Positions in 0..1 from the top left; captures that look alike lie side by side."""

    model_version: int = Field(description="whose vectors are compared")
    picks: list[PickPoint] = Field(description="in the order of labelling")
    labelled: list[Place] = Field(description="captures that had labels when the round began")
    queued: list[Place] = Field(description="captures that waited in tasks of earlier rounds")
    pool: list[Place] = Field(description="captures that the round left in the pool")
    most: int = Field(description="of larger sets about so many are shown, drawn by chance and always the same ones")
    left_out: int = Field(description="picks whose vectors are of another model, or gone")
