import numpy as np
import pytest

from benchmarks.serve.load import Answer, Load
from benchmarks.serve.photos import distinct
from vision.decoding import decode, encode_jpeg


def test_a_distinct_photo_is_the_same_picture_as_other_bytes():
    photo = encode_jpeg(np.random.default_rng(0).integers(0, 255, (32, 48, 3)).astype(np.uint8))
    first, second = distinct(photo, 1), distinct(photo, 2)
    assert len({photo, first, second}) == 3
    assert np.array_equal(decode(first).image, decode(photo).image)


def test_refusals_and_errors_are_counted_and_not_timed():
    answers = [Answer(0, 1, 201), Answer(1, 4, 200), Answer(4, 4.1, 503), Answer(5, 5.1, 500), Answer(6, 6.1, 0)]
    load = Load(answers, seconds=10)
    assert (load.rate, load.refused, load.errors) == (0.2, 1, 2)
    assert load.milliseconds(50) == pytest.approx(2000)
    assert load.statuses == {"201": 1, "200": 1, "503": 1, "500": 1, "0": 1}


def test_nothing_answered_has_no_time_to_answer():
    assert np.isnan(Load([], seconds=1).milliseconds(50))
