"""Bringing signatures up to the serving model, because vectors of two models cannot be compared."""

import logging
import sys

from service.captures.looking import detections_in
from service.captures.photos import OpenedPhoto
from service.captures.queries import VECTOR
from service.context import Context
from service.models.serving import ServingModel
from service.records import CaptureRecord, SignatureRecord
from service.rounds.queries import list_stale, renew_signature
from vision.decoding import BadPhoto, DecodeLimits, decode
from vision.uncertainty import uncertainty_of

log = logging.getLogger(__name__)

# Half a minute of looking on two cores, so that no caller gives up on a round.
REFRESHED_AT_MOST = 500
_BATCH = 50


def refresh_signatures(context: Context, model: ServingModel) -> None:
    """Look again, with the serving model, at captures whose signature an earlier model left.

    What was answered for a capture stays as it is: only what sampling compares is renewed. A capture whose turn has
    not come, or whose photo cannot be read, is not in the pool of this round; the next round tries again.
    """
    with context.database.read() as session:
        stale = list_stale(session, model.version, REFRESHED_AT_MOST)
    for start in range(0, len(stale), _BATCH):
        batch = stale[start : start + _BATCH]
        renewed = [(_look_again(context, model, capture), left_by) for capture, left_by in batch]
        with context.database.write() as session:
            for signature, left_by in renewed:
                if signature is not None:
                    renew_signature(session, signature, left_by)


def _look_again(context: Context, model: ServingModel, capture: CaptureRecord) -> SignatureRecord | None:
    most = DecodeLimits(file_bytes=sys.maxsize, pixels=int(context.settings.photo.megapixels * 1e6))
    try:
        picture = context.images.get(capture.image_key)  # faces are hidden in it already
        photo = OpenedPhoto(picture, decode(picture, most, long_side=model.metadata.input_size))
    except (OSError, BadPhoto) as error:
        log.warning("Capture %s is left out of rounds, its photo cannot be read: %s", capture.id, error)
        return None
    detections = detections_in(photo, model)
    return SignatureRecord(
        capture_id=capture.id,
        model_version=model.version,
        image_vector=detections.image_vector.astype(VECTOR).tobytes(),
        values=uncertainty_of(detections).value.astype(VECTOR).tobytes(),
        predicted_boxes=len(detections),
    )
