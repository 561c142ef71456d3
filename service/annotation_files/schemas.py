"""Imports as answers."""

from enum import StrEnum

from pydantic import BaseModel, Field


class FormatName(StrEnum):
    """A format of files."""

    COCO = "coco"
    YOLO = "yolo"
    LABEL_STUDIO = "label-studio"
    CVAT = "cvat"


class RefusedCapture(BaseModel):
    """A photo of the file whose boxes were not kept."""

    name: str = Field(description="in the file")
    detail: str = Field(description="why")


class ImportAnswer(BaseModel):
    """What became of the photos of a file."""

    kept: int = Field(description="photos whose boxes count now, or would without dry_run")
    unchanged: int = Field(description="photos whose boxes counted already")
    refused: int
    problems: list[RefusedCapture] = Field(description="the first 100 that were refused")
