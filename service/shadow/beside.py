"""Two models on the same photos in the background, out of the way of whatever else this machine does."""

import sys
from dataclasses import dataclass
from time import perf_counter

from service.captures.looking import detections_in
from service.captures.photos import OpenedPhoto
from service.models.serving import ServingModel, load_model
from service.records import ModelRecord
from service.settings import Settings
from vision.background import give_way
from vision.decoding import DecodeLimits, decode
from vision.detections import Detections


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a model found in a photo and in how many milliseconds, or why it could not look."""

    detections: Detections | None
    milliseconds: float
    error: str | None = None


def load_quietly(settings: Settings, model: ModelRecord) -> ServingModel:
    """Load a model to run on one thread of low priority, and run it once.

    Raises:
        BadArtefact, WrongArtefact, Problem: as `load_model`.
    """
    vision = settings.vision.model_copy(update={"threads": 1})
    on_one_thread = settings.model_copy(update={"vision": vision})
    return give_way(lambda: load_model(on_one_thread, model))  # the runtime's threads keep the priority


def look_with_both(
    settings: Settings, picture: bytes, first: ServingModel, second: ServingModel, *, turned: bool = False
) -> tuple[Look, Look]:
    """Let both models look at a kept picture, one after the other, tiles included.

    Args:
        settings: say how many pixels may be decoded.
        picture: a JPEG, faces hidden in it already.
        first: a model.
        second: another one.
        turned: the second goes first, so that over many photos neither always finds the caches warm.

    Raises:
        BadPhoto: if the picture cannot be read.
    """
    most = DecodeLimits(file_bytes=sys.maxsize, pixels=int(settings.photo.megapixels * 1e6))
    opened = {
        size: OpenedPhoto(picture, decode(picture, most, long_side=size))
        for size in {first.metadata.input_size, second.metadata.input_size}
    }
    if turned:
        later, sooner = (_look(opened[model.metadata.input_size], model) for model in (second, first))
        return sooner, later
    sooner, later = (_look(opened[model.metadata.input_size], model) for model in (first, second))
    return sooner, later


def _look(photo: OpenedPhoto, model: ServingModel) -> Look:
    begin = perf_counter()
    try:
        detections = detections_in(photo, model)
    except Exception as error:  # whatever a model does wrong is what is to be found out here
        return Look(None, 0.0, f"{type(error).__name__}: {error}")
    return Look(detections, 1000 * (perf_counter() - begin))
