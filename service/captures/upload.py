"""Reading a multipart form with a photo, refusing what is too large before it is here."""

from dataclasses import dataclass
from itertools import islice

from fastapi import Request

from service.captures.multipart import BrokenForm, boundary_of, parts_of
from service.problems import Problem

FORM_BYTES = 16_384  # of all other fields, with the form's own overhead
MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Upload:
    """A form: the photo's bytes and the text fields."""

    photo: bytes
    fields: dict[str, str]

    def needed(self, field: str) -> str:
        """Return a text field that must be there.

        Raises:
            Problem: 422 if it is missing or empty.
        """
        if text := self.fields.get(field, "").strip():
            return text
        raise Problem(
            422, "field-missing", f"The field {field} is missing.", field=field, remedy=f"Add {field} to the form."
        )


async def read_upload(request: Request, most_megabytes: float) -> Upload:
    """Read the request's form. It is only ever in memory: a temporary file would outlive a crash unblurred.

    Raises:
        Problem: 413 as soon as the request is known to be too large, 415 if it is no multipart form,
            422 if the form is broken or has no photo.
    """
    content_type = request.headers.get("Content-Type", "")
    if not content_type.startswith("multipart/form-data"):
        raise _not_a_form()
    body = await _body(request, most_megabytes)
    try:
        parts = list(islice(parts_of(body, boundary_of(content_type)), MOST_PARTS + 1))
    except BrokenForm as error:
        raise _broken_form(str(error)) from error
    if len(parts) > MOST_PARTS:
        raise _broken_form(f"it has more than {MOST_PARTS} parts")
    photos = [part.content for part in parts if part.is_file and part.name == "photo"]
    if not photos:
        raise _no_photo()
    if len(photos[0]) > int(most_megabytes * 1_000_000):
        raise _too_large(most_megabytes)
    return Upload(photos[0], {part.name: part.content.decode("utf-8", "replace") for part in parts if not part.is_file})


async def _body(request: Request, most_megabytes: float) -> bytes:
    most_bytes = int(most_megabytes * 1_000_000) + FORM_BYTES
    announced = request.headers.get("Content-Length", "0")
    if announced.isdigit() and int(announced) > most_bytes:
        raise _too_large(most_megabytes)
    seen, chunks = 0, []
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > most_bytes:
            raise _too_large(most_megabytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(most_megabytes: float) -> Problem:
    return Problem(
        413,
        "photo-too-large",
        f"The photo is larger than {most_megabytes:g} MB.",
        field="photo",
        remedy="Send a smaller photo, or have photo.megabytes raised.",
    )


def _not_a_form() -> Problem:
    return Problem(
        415,
        "not-a-form",
        "The request is not a multipart form.",
        field="Content-Type",
        remedy="Send multipart/form-data with the photo as the file field photo.",
    )


def _broken_form(reason: str) -> Problem:
    return Problem(
        422,
        "broken-form",
        f"The form cannot be read: {reason}",
        field="photo",
        remedy="Send one photo and a few short fields.",
    )


def _no_photo() -> Problem:
    return Problem(
        422,
        "field-missing",
        "The form has no file named photo.",
        field="photo",
        remedy="Send the photo as a file field.",
    )
