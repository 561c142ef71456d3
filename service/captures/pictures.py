"""The stored pictures of captures, for those who may see them."""

from service.context import Context
from service.problems import Problem
from service.records import CaptureRecord


def picture_of(context: Context, capture: CaptureRecord) -> bytes:
    """Return the photo as it is kept.

    Raises:
        Problem: photo-deleted where its time was over, photo-missing where the image store lost it.
    """
    if capture.deleted_at is not None:
        day = capture.deleted_at.date().isoformat()
        raise Problem(
            410,
            "photo-deleted",
            f"The photo of capture {capture.id!r} was deleted on {day}, because its time was over.",
            remedy="What was counted in it is still there: GET /v1/captures/{id}.",
        )
    try:
        return context.images.get(capture.image_key)
    except FileNotFoundError as error:
        raise Problem(
            404,
            "photo-missing",
            f"The image store has no photo of capture {capture.id!r}.",
            remedy="Ask the operators whether the image store is complete.",
        ) from error
