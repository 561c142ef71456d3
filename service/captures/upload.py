"""Reading a multipart form with photos, refusing what is too large before it is here."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from service.problems import Problem

FORM_BYTES = 16_384  # of all other fields, with the form's own overhead


@dataclass(frozen=True, slots=True)
class Form:
    """Files, each with the name of its field, in the order they came; and the text fields."""

    files: list[tuple[str, bytes]]
    fields: dict[str, str]


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

    def wants(self, field: str) -> bool:
        """Return a field that is true unless it says otherwise.

        Raises:
            Problem: 422 if it is neither true nor false.
        """
        text = self.fields.get(field, "").strip().lower() or "true"
        if text not in ("true", "false"):
            raise Problem(
                422,
                "invalid-field",
                f"{field} is {text!r}.",
                field=field,
                remedy="Write true or false, or leave it out.",
            )
        return text == "true"


async def read_upload(request: Request, most_megabytes: float) -> Upload:
    """Read the request's form.

    Raises:
        Problem: 413 as soon as the request is known to be too large, 415 if it is no multipart form,
            422 if the form is broken or has no photo.
    """
    form = await read_form(request, most_megabytes, most_files=1)
    photo = dict(form.files).get("photo")
    if photo is None:
        raise _no_photo()
    return Upload(photo, form.fields)


async def read_form(request: Request, most_megabytes: float, most_files: int) -> Form:
    """Read a form of several files, which together may be as large as one photo.

    Raises:
        Problem: 413 as soon as the request is known to be too large, 415 if it is no multipart form,
            422 if the form is broken or has more files.
    """
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        raise _not_a_form()
    most_bytes = int(most_megabytes * 1_000_000)
    body = _limited(request, most_bytes + FORM_BYTES, most_megabytes)
    try:
        form = await _PhotoParser(request.headers, body, max_files=most_files, max_fields=8).parse()
    except MultiPartException as error:
        raise _broken_form(error.message) from error
    try:
        files = [(name, await file.read()) for name, file in form.multi_items() if isinstance(file, UploadFile)]
    finally:
        await form.close()
    if sum(len(data) for _, data in files) > most_bytes:
        raise _too_large(most_megabytes)
    return Form(files, {name: value for name, value in form.multi_items() if isinstance(value, str)})


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
        f"What was sent is larger than {most_megabytes:g} MB.",
        field="photo",
        remedy="Send smaller photos, or have photo.megabytes raised.",
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
        remedy="Send no more files than are asked for, and a few short fields.",
    )


def _no_photo() -> Problem:
    return Problem(
        422,
        "field-missing",
        "The form has no file named photo.",
        field="photo",
        remedy="Send the photo as a file field.",
    )
