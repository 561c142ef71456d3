"""Reading a multipart form with a photo, refusing what is too large before it is here."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from service.problems import Problem

FORM_BYTES = 16_384  # of all other fields, with the form's own overhead


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
    """Read the request's form.

    Raises:
        Problem: 413 as soon as the request is known to be too large, 415 if it is no multipart form,
            422 if the form is broken or has no photo.
    """
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        raise _not_a_form()
    most_bytes = int(most_megabytes * 1_000_000)
    parser = _PhotoParser(
        request.headers, _limited(request, most_bytes + FORM_BYTES, most_megabytes), max_files=1, max_fields=8
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise _broken_form(error.message) from error
    try:
        photo = form.get("photo")
        if not isinstance(photo, UploadFile):
            raise _no_photo()
        data = await photo.read()
    finally:
        await form.close()
    if len(data) > most_bytes:
        raise _too_large(most_megabytes)
    return Upload(data, {name: value for name, value in form.multi_items() if isinstance(value, str)})


class _PhotoParser(MultiPartParser):
    # Photos stay in memory: their number and size are limited, and a temporary file would outlive a crash unblurred.
    spool_max_size = 1 << 31


async def _limited(request: Request, most_bytes: int, most_megabytes: float) -> AsyncGenerator[bytes, None]:
    announced = request.headers.get("Content-Length", "0")
    if announced.isdigit() and int(announced) > most_bytes:
        raise _too_large(most_megabytes)
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > most_bytes:
            raise _too_large(most_megabytes)
        yield chunk


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
