"""Bringing signatures up to the serving model, because vectors of two models cannot be compared."""

import sys

from service.captures.queries import VECTOR
from service.context import Context
from service.models.serving import ServingModel
from service.records import CaptureRecord, SignatureRecord
from service.rounds.queries import list_stale
from vision.decoding import DecodeLimits, decode
from vision.uncertainty import uncertainty_of

# About two minutes of looking on two cores; what is older waits for the next round.
REFRESHED_AT_MOST = 2000
_BATCH = 50


def refresh_signatures(context: Context, model: ServingModel) -> None:
    """Look again, with the serving model, at captures whose signature an earlier model left.

    What was answered for a capture stays as it is: only what sampling compares is renewed.
    """
    with context.database.read() as session:
        stale = list_stale(session, model.version, REFRESHED_AT_MOST)
    for start in range(0, len(stale), _BATCH):
        batch = stale[start : start + _BATCH]
        renewed = [_look_again(context, model, capture) for capture in batch]
        with context.database.write() as session:
            for signature in renewed:
                session.merge(signature)


def _look_again(context: Context, model: ServingModel, capture: CaptureRecord) -> SignatureRecord:
    most = DecodeLimits(file_bytes=sys.maxsize, pixels=int(context.settings.photo.megapixels * 1e6))
    photo = decode(context.images.get(capture.image_key), most, long_side=model.metadata.input_size)
    detections = model.detector.detect(photo.image, (photo.width, photo.height))
    return SignatureRecord(
        capture_id=capture.id,
        model_version=model.version,
        image_vector=detections.image_vector.astype(VECTOR).tobytes(),
        values=uncertainty_of(detections).value.astype(VECTOR).tobytes(),
        predicted_boxes=len(detections),
    )
