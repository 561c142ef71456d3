"""From what was sent to views: pictures, each with the one facing that it is about."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind
from service.captures.photos import checked
from service.captures.upload import Form
from service.models.serving import ServingModel
from service.problems import Problem
from service.settings import PhotoSettings
from vision.clips import clip_views
from vision.crops import cut_crops
from vision.decoding import BadPhoto
from vision.letterbox import Image
from vision.prominence import most_prominent

MOST_VIEWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One picture of the product.

    Attributes:
        source: where it comes from, for people.
        image: (h, w, 3) RGB, possibly at a reduced scale.
        size: width and height at full scale, in pixels.
        box: (4,) the facing in pixels at full scale; None where none stands out.
    """

    source: str
    image: Image
    size: tuple[int, int]
    box: Boxes | None

    def crop(self, side: int) -> NDArray[np.uint8]:
        """Return the facing, or the whole picture, as the embedder takes it: (1, side, side, 3)."""
        whole = np.array([0, 0, *self.size], np.float32)
        scale = np.array([self.image.shape[1], self.image.shape[0]] * 2, np.float32) / np.array([*self.size] * 2)
        box = (whole if self.box is None else self.box) * scale
        return cut_crops(self.image, box[None].astype(np.float32), side)


def views_of(form: Form, model: ServingModel, limits: PhotoSettings) -> list[View]:
    """Look at everything that was sent, in its order.

    Raises:
        Problem: 413, 415 or 422 for what is no picture, naming the part; field-missing if there is none.
    """
    photos = [data for name, data in form.files if name == "photo"]
    clips = [data for name, data in form.files if name == "clip"]
    if bool(photos) == bool(clips) or len(clips) > 1:
        detail = "One product is shown by photos or by one clip." if photos or clips else "The form shows no product."
        remedy = f"Send 1 to {MOST_VIEWS} files named photo, or one named clip."
        code = "invalid-views" if photos or clips else "field-missing"
        raise Problem(422, code, detail, field="photo", remedy=remedy)
    if clips:
        return _of_clip(clips[0], model)
    return [_of_photo(place, data, model, limits) for place, data in enumerate(photos)]


def _of_photo(place: int, data: bytes, model: ServingModel, limits: PhotoSettings) -> View:
    source = f"photo {place + 1}"
    try:
        photo = checked(data, limits, model.metadata.input_size)
    except Problem as bad:
        detail = f"{source.capitalize()}: {bad.detail}"
        raise Problem(bad.status, bad.code, detail, field=f"photo[{place}]", remedy=bad.remedy) from bad
    return _looked_at(source, photo.image, (photo.width, photo.height), model)


def _of_clip(data: bytes, model: ServingModel) -> list[View]:
    try:
        frames = clip_views(data, MOST_VIEWS)
    except BadPhoto as bad:
        detail, remedy = (text[0].upper() + text[1:] + "." for text in (bad.detail, bad.remedy))
        status = 415 if bad.code == "clip-type" else 413 if "-too-" in bad.code else 422
        raise Problem(status, bad.code, detail, field="clip", remedy=remedy) from bad
    return [
        _looked_at(f"clip, frame {one.frame}", one.image, (one.image.shape[1], one.image.shape[0]), model)
        for one in frames
    ]


def _looked_at(source: str, image: Image, size: tuple[int, int], model: ServingModel) -> View:
    found = model.detector.detect(image, size)
    facing = [model.metadata.kind_of(id) is DetectionKind.FACING for id in found.class_ids.tolist()]
    boxes = found.boxes[np.array(facing, bool)]
    place = most_prominent(boxes, size)
    return View(source, image, size, None if place is None else boxes[place])
