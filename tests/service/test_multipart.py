import pytest

from service.captures.multipart import BrokenForm, Part, boundary_of, parts_of

PHOTO = bytes(range(256)) + b"\r\n--x\r\n--"  # nearly a boundary


def form(*parts: bytes, end: bytes = b"--limit--\r\n") -> bytes:
    return b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + end


def test_fields_and_files_come_out_as_they_went_in():
    body = form(
        b'Content-Disposition: form-data; name="store_id"\r\n\r\ns1',
        b'content-disposition: form-data; name="photo"; filename="a \\"b\\".jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + PHOTO,
        b'Content-Disposition: form-data; name="empty"\r\n\r\n',
    )
    expected = [Part("store_id", False, b"s1"), Part("photo", True, PHOTO), Part("empty", False, b"")]
    assert list(parts_of(body, b"limit")) == expected
    assert list(parts_of(b"preamble\r\n" + body + b"epilogue", b"limit")) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--other--",
        b"--limit",
        b"--limit\r\n",
        b'--limit\r\nContent-Disposition: form-data; name="a"\r\n\r\nno end',
        b'--limit\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--limit',
        form(b"Content-Disposition: form-data\r\n\r\nx"),
        form(b"\r\n\r\nx"),
    ],
)
def test_broken_forms_are_refused(body: bytes):
    with pytest.raises(BrokenForm):
        list(parts_of(body, b"limit"))


def test_boundary_is_read_from_the_header():
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    with pytest.raises(BrokenForm, match="no boundary"):
        boundary_of("multipart/form-data")
