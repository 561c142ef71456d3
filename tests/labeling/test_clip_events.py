"""Events of clips: checks, joining over cuts, weights, the order of labelling, files."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.clips.events import Event, InvalidEvent, Piece, check_events, joined_over_cuts
from labeling.clips.files import (
    BadEventsFile,
    LabelledPiece,
    Marks,
    Video,
    read_csv,
    read_json,
    write_csv,
    write_json,
)
from labeling.clips.picking import labelling_order
from labeling.clips.weights import NONE, class_weights

KINDS = ("pickup", "concealment", "long_dwell")
NAMES = {"pickup": "Pickup", "concealment": "Einstecken", "long_dwell": "Länger davor"}


# --- checks ---


def test_events_come_back_in_the_order_of_time():
    marks = [Event(12, 14, "pickup", 3), Event(10, 11, "concealment")]
    assert check_events(marks, KINDS, 10, 20, [3]) == (marks[1], marks[0])
    assert check_events([], KINDS, 10, 20, []) == ()


@pytest.mark.parametrize(
    ("mark", "field"),
    [
        (Event(10, 11, "theft"), "events[1].event"),
        (Event(9.9, 11, "pickup"), "events[1]"),
        (Event(10, 20.1, "pickup"), "events[1]"),
        (Event(12, 12, "pickup"), "events[1].end"),
        (Event(12, 13, "pickup", 4), "events[1].track"),
        (Event(float("nan"), 13, "pickup"), "events[1]"),
        (Event(12, float("nan"), "pickup"), "events[1]"),
        (Event(12, float("inf"), "pickup"), "events[1]"),
        (Event(15, 16, "pickup"), "events[1]"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(mark, field):
    with pytest.raises(InvalidEvent) as refused:
        check_events([Event(15, 16, "pickup"), mark], KINDS, 10, 20, [3])
    assert refused.value.field == field
    assert refused.value.remedy


# --- over cuts ---


def test_an_event_that_goes_on_over_cuts_is_one():
    pieces = [
        Piece("c", 20, 30, (Event(20, 25, "long_dwell", 1), Event(26, 27, "pickup"))),
        Piece("a", 0, 10, (Event(5, 10, "long_dwell", 1),)),
        Piece("b", 10, 20, (Event(10.1, 20, "long_dwell"), Event(19, 20, "concealment"))),
    ]
    assert joined_over_cuts(pieces, 0.3) == [
        (Event(5, 25, "long_dwell", 1), ("a", "b", "c")),
        (Event(19, 20, "concealment"), ("b",)),
        (Event(26, 27, "pickup"), ("c",)),
    ]


@pytest.mark.parametrize(
    ("begins", "second"),
    [
        (10, Event(10, 12, "pickup")),
        (10, Event(11, 12, "long_dwell", 1)),
        (10, Event(10, 12, "long_dwell", 2)),
        (14, Event(14, 15, "long_dwell", 1)),
    ],
)
def test_what_is_another_event_stays_another(begins, second):
    first = Event(5, 10, "long_dwell", 1)
    pieces = [Piece("a", 0, 10, (first,)), Piece("b", begins, 20, (second,))]
    assert joined_over_cuts(pieces, 0.3) == [(first, ("a",)), (second, ("b",))]


# --- weights ---


def test_rare_events_weigh_more_and_missing_ones_nothing():
    weights = class_weights({"pickup": 100, "concealment": 1, "long_dwell": 0, NONE: 1000})
    assert weights["long_dwell"] is None
    assert weights["concealment"] / weights["pickup"] == pytest.approx((1 - 0.999**100) / (1 - 0.999), rel=1e-9)
    assert np.mean([weight for weight in weights.values() if weight]) == pytest.approx(1)
    assert class_weights({"pickup": 3}, beta=0)["pickup"] == 1
    assert class_weights({"pickup": 0}) == {"pickup": None}


# --- what comes next ---


def test_pieces_like_those_with_rare_events_come_first():
    """Of 400 pieces 8 hold a concealment, long stays mostly; 100 were labelled at random and hold 3 of these."""
    rng = np.random.default_rng(0)
    stay, moving = rng.gamma(2, 3, 400), rng.random(400)
    rare = np.zeros(400, bool)
    rare[np.argsort(-stay)[:16:2]] = True
    features = np.stack((stay, moving), 1)
    known = np.concatenate((np.flatnonzero(rare)[:3], np.flatnonzero(~rare)[:97]))
    rest = np.setdiff1d(np.arange(400), known)
    events = [{"concealment"} if rare[place] else ({"pickup"} if place % 3 else set()) for place in known]
    arm = np.zeros(len(rest), bool)
    order = labelling_order(features[rest], arm, features[known], events, KINDS, 0)
    assert sorted(order) == list(range(300))
    assert rare[rest[order[:30]]].sum() == 5  # all that are left, in the first tenth


def test_each_fifth_is_of_the_random_arm_until_it_is_empty():
    arm = np.array([False] * 10 + [True] * 2)
    order = labelling_order(np.zeros((12, 1)), arm, np.zeros((0, 1)), [], KINDS, 3)
    assert [bool(arm[place]) for place in order] == [False] * 4 + [True] + [False] * 4 + [True] + [False] * 2


def test_without_labels_the_order_is_chance_and_the_same_each_time():
    arm, none = np.zeros(50, bool), np.zeros((0, 1))
    first = labelling_order(np.arange(50.0)[:, None], arm, none, [], KINDS, 1)
    assert first == labelling_order(np.arange(50.0)[:, None], arm, none, [], KINDS, 1)
    assert first != list(range(50))
    assert labelling_order(none, np.zeros(0, bool), none, [], KINDS, 1) == []


# --- files ---


def labelled(id: str, part: int, *events: Event, looked_for: tuple[str, ...] = KINDS) -> LabelledPiece:
    video = Video("v1", "filiale-köln", None, "2026-03-01T09:30:00+00:00", 600.0, 640, 360)
    times = tuple(10.0 * part + number / 4 for number in range(40))
    track = {"id": 7, "since": 0.0, "until": 20.0, "boxes": [[0, 1, 2, 3, 4]]}
    piece = Piece(id, times[0], times[0] + 10, events)
    return LabelledPiece(piece, video, part, "rare", times, (track,), looked_for, f"/v1/clips/tasks/{id}/frames")


PIECES = [
    labelled("p0", 0, Event(8, 10, "long_dwell", 7), Event(1.25, 2.75, "pickup")),
    labelled("p1", 1, Event(10, 13, "long_dwell", 7)),
    labelled("p2", 2),
    labelled("p3", 3, looked_for=("pickup",)),
]
MARKS = [Marks(one.piece.id, one.looked_for, one.piece.events) for one in PIECES]


def test_json_says_what_training_needs_and_reads_back():
    text = write_json(PIECES, NAMES)
    document = json.loads(text)
    categories = {category["name"]: category for category in document["categories"]}
    assert {name: category["pieces"] for name, category in categories.items()} == {
        "pickup": 1,
        "concealment": 0,
        "long_dwell": 2,
        NONE: 1,  # p3 was not looked at for all of them
    }
    assert categories["concealment"]["weight"] is None
    assert categories["pickup"]["weight"] > categories["long_dwell"]["weight"]
    assert "Länger davor" in text
    assert len(document["videos"]) == 1
    assert document["events"][1] == {
        "video_id": "v1",
        "event": "long_dwell",
        "start": 8,
        "end": 13,
        "track": 7,
        "pieces": ["p0", "p1"],
    }
    assert read_json(text) == MARKS


def test_csv_has_a_row_for_each_event_and_reads_back():
    text = write_csv(PIECES, KINDS)
    rows = text.splitlines()
    assert len(rows) == 1 + 3 + 2
    assert rows[1].startswith("v1,filiale-köln,,2026-03-01T09:30:00+00:00,p0,0,0.0,10.0,rare,")
    assert read_csv(text) == MARKS
    assert read_csv("\ufeff" + text) == MARKS


@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.floats(0, 1e4), st.sampled_from(KINDS), st.none() | st.integers(0, 99)),
        max_size=20,
    )
)
def test_any_events_survive_both_files(given_events):
    events = tuple(Event(*one) for one in given_events)
    pieces = [labelled("p0", 0, *events), labelled("p1", 1)]
    expected = [Marks("p0", KINDS, events), Marks("p1", KINDS, ())]
    assert read_json(write_json(pieces, NAMES)) == expected
    assert read_csv(write_csv(pieces, KINDS)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"info": {"format": "coco", "version": 1}}',
        '{"info": 1}',
        "[" * 100_000,
        write_json(PIECES, NAMES).replace('"concealment",\n', '"Dear Sir",\n'),
        write_json(PIECES, NAMES).replace('"piece_id": "p0"', '"piece_id": "p9"'),
    ],
)
def test_json_of_another_form_is_refused(text):
    with pytest.raises(BadEventsFile):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "line 1: the columns end, event"),
        (write_csv(PIECES, KINDS).replace("1.25", "soon"), "line 3: could not convert"),
        (write_csv(PIECES, KINDS) + "v1,x\n", "line 7"),
        (write_csv(PIECES, KINDS).replace("pickup concealment", "Pickup!"), "'Pickup!' is no event's id"),
        (write_csv(PIECES, KINDS) + '"' + "x" * 200_000, "field larger"),
    ],
)
def test_csv_of_another_form_is_refused_with_its_line(text, message):
    with pytest.raises(BadEventsFile, match=message):
        read_csv(text)
