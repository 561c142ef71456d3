"""Annotated captures in the formats of other tools, out and back in, with nothing lost.

Each module writes an `AnnotatedSet` as one file (`write`) and reads it back (`read`); `FORMATS` has them by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labeling.formats.coco import read as read_coco
from labeling.formats.coco import write as write_coco
from labeling.formats.cvat import read as read_cvat
from labeling.formats.cvat import write as write_cvat
from labeling.formats.label_studio import read as read_label_studio
from labeling.formats.label_studio import write as write_label_studio
from labeling.formats.sets import AnnotatedSet, SizeOf, size_unknown
from labeling.formats.yolo import read as read_yolo
from labeling.formats.yolo import write as write_yolo

__all__ = ["FORMATS", "AnnotatedSet", "Format", "SizeOf", "size_unknown"]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    Attributes:
        write: makes a file of a set.
        read: makes a set of a file. What does not say how large a photo is asks ``SizeOf``.

    Raises:
        InvalidAnnotation: by both, for what the format cannot hold or the file does not say.
    """

    suffix: str
    media_type: str
    write: Callable[[AnnotatedSet], bytes]
    read: Callable[[bytes, SizeOf], AnnotatedSet]


FORMATS: Mapping[str, Format] = {
    "coco": Format("json", "application/json", write_coco, read_coco),
    "yolo": Format("zip", "application/zip", write_yolo, read_yolo),
    "label-studio": Format("json", "application/json", write_label_studio, read_label_studio),
    "cvat": Format("xml", "application/xml", write_cvat, read_cvat),
}
