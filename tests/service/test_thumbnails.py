"""Small versions of kept photos."""

import cv2
import numpy as np
import pytest

from service.captures.thumbnails import narrowed_to


@pytest.fixture
def photo(client, bay, make_photo):
    """Path of the photo of a capture, 640 x 480."""
    sent = client.post("/v1/captures", data=bay, files={"photo": make_photo(1)})
    sent.raise_for_status()
    return f"/v1/captures/{sent.json()['id']}/photo"


def size(picture: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    return image.shape[1], image.shape[0]


@pytest.mark.parametrize("kind", [".jpg", ".png"])
def test_a_picture_is_narrowed_and_keeps_its_shape_and_colours(make_photo, kind):
    large = make_photo(2, (1000, 500), kind)
    small = narrowed_to(large, 100)
    assert size(small) == (100, 50)
    colours = [
        cv2.resize(cv2.imdecode(np.frombuffer(one, np.uint8), 1), (8, 8), interpolation=cv2.INTER_AREA)
        for one in (large, small)
    ]
    assert np.abs(colours[0].astype(int) - colours[1]).mean() < 8
    assert narrowed_to(large, 1000) is large


def test_the_photo_comes_as_wide_as_it_is_asked_for_and_is_not_sent_twice(client, photo):
    whole, narrow = client.get(photo), client.get(f"{photo}?width=160")
    assert (size(whole.content), size(narrow.content)) == ((640, 480), (160, 120))
    assert len(narrow.content) < len(whole.content) / 3
    assert whole.headers["etag"] != narrow.headers["etag"]
    again = client.get(f"{photo}?width=160", headers={"If-None-Match": narrow.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", narrow.headers["etag"])


def test_widths_that_make_no_sense_are_refused(client, photo):
    assert [client.get(f"{photo}?width={width}").status_code for width in (0, 31, 2001, "wide")] == [422] * 4
