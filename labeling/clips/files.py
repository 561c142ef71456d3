"""Labelled pieces as files, and back: JSON in the manner of COCO's videos, and CSV with a row for each event."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.clips.events import Event, Piece, joined_over_cuts
from labeling.clips.weights import NONE, class_weights

_KIND = re.compile("[a-z][a-z0-9_]{0,31}")
FORMAT, VERSION = "shelfloop-clip-events", 1
COLUMNS = [
    "video",
    "store",
    "camera",
    "recorded_at",
    "piece",
    "part",
    "piece_start",
    "piece_end",
    "arm",
    "looked_for",
    "event",
    "start",
    "end",
    "track",
    "weight",
]


class BadEventsFile(ValueError):
    """A file that cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Video:
    """A clip."""

    id: str
    store_id: str
    camera_id: str | None
    recorded_at: str
    seconds: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LabelledPiece:
    """A piece with all that training needs of it; `frames` says where its pictures are."""

    piece: Piece
    video: Video
    part: int
    arm: str
    times: tuple[float, ...]
    tracks: tuple[Mapping[str, Any], ...]
    looked_for: tuple[str, ...]
    frames: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What a file says of one piece: which events were looked for, and those that were found."""

    piece_id: str
    looked_for: tuple[str, ...]
    events: tuple[Event, ...]


def count_classes(pieces: Iterable[LabelledPiece], kinds: Sequence[str]) -> dict[str, int]:
    """Return in how many pieces each event is found, and in how many none is, though all were looked for."""
    counts: Counter[str] = Counter()
    for one in pieces:
        found = {event.event for event in one.piece.events}
        counts.update(found)
        counts[NONE] += not found and set(kinds) <= set(one.looked_for)
    return {kind: counts[kind] for kind in (*kinds, *sorted(set(counts) - {*kinds, NONE}), NONE)}


def write_json(pieces: Sequence[LabelledPiece], names: Mapping[str, str]) -> str:
    """Return a file with videos, categories and their weights, pieces, annotations, and events over cuts.

    Args:
        pieces: labelled ones.
        names: of the events in the list, by id.
    """
    counts = count_classes(pieces, list(names))
    weights = class_weights(counts)
    ids = {kind: number for number, kind in enumerate((kind for kind in counts if kind != NONE), 1)}
    ids[NONE] = 0
    marks = [(one, event) for one in pieces for event in one.piece.events]
    document = {
        "info": {"format": FORMAT, "version": VERSION, "times": "seconds since the video began"},
        "videos": [_video(video) for video in dict.fromkeys(one.video for one in pieces)],
        "categories": [
            {"id": ids[kind], "name": kind, "title": names.get(kind, kind), "pieces": counts[kind], "weight": weight}
            for kind, weight in weights.items()
        ],
        "pieces": [_piece(one) for one in pieces],
        "annotations": [
            {
                "id": number,
                "piece_id": one.piece.id,
                "video_id": one.video.id,
                "category_id": ids[event.event],
                "start": event.start,
                "end": event.end,
                "track": event.track,
            }
            for number, (one, event) in enumerate(marks, 1)
        ],
        "events": list(_over_cuts(pieces)),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def read_json(text: str) -> list[Marks]:
    """Return what a file that `write_json` wrote, perhaps changed since, says of each piece.

    Raises:
        BadEventsFile: if it is of another form.
    """
    try:
        document = json.loads(text)
        if document["info"]["format"] != FORMAT or document["info"]["version"] != VERSION:
            raise BadEventsFile(f"the file is not {FORMAT}, version {VERSION}")
        kinds = {category["id"]: str(category["name"]) for category in document["categories"]}
        events: dict[str, list[Event]] = {str(piece["id"]): [] for piece in document["pieces"]}
        for mark in document["annotations"]:
            track = None if mark["track"] is None else int(mark["track"])
            event = Event(float(mark["start"]), float(mark["end"]), kinds[mark["category_id"]], track)
            events[str(mark["piece_id"])].append(event)
        return [
            Marks(str(piece["id"]), _kinds(piece["looked_for"]), tuple(events[str(piece["id"])]))
            for piece in document["pieces"]
        ]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, BadEventsFile):
            raise
        raise BadEventsFile(f"the file is not {FORMAT}: {type(error).__name__} {error}") from error


def write_csv(pieces: Sequence[LabelledPiece], kinds: Sequence[str]) -> str:
    """Return a table with a row for each event, and one without an event for each piece in which none was found."""
    weights = class_weights(count_classes(pieces, kinds))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in pieces:
        shared = {
            "video": one.video.id,
            "store": one.video.store_id,
            "camera": one.video.camera_id or "",
            "recorded_at": one.video.recorded_at,
            "piece": one.piece.id,
            "part": one.part,
            "piece_start": one.piece.begins,
            "piece_end": one.piece.ends,
            "arm": one.arm,
            "looked_for": " ".join(one.looked_for),
        }
        if not one.piece.events:
            writer.writerow({**shared, "weight": weights[NONE]})
        for event in one.piece.events:
            mark = {"event": event.event, "start": event.start, "end": event.end, "track": event.track}
            writer.writerow({**shared, **mark, "weight": weights[event.event]})
    return out.getvalue()


def read_csv(text: str) -> list[Marks]:
    """Return what a table that `write_csv` wrote says of each piece; its columns may come in any order.

    Raises:
        BadEventsFile: naming the line.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    looked_for: dict[str, tuple[str, ...]] = {}
    events: dict[str, list[Event]] = {}
    try:
        if missing := {"piece", "looked_for", "event", "start", "end", "track"} - set(rows.fieldnames or ()):
            raise BadEventsFile(f"the columns {', '.join(sorted(missing))} are missing")
        for row in rows:
            looked_for[row["piece"]] = _kinds(row["looked_for"].split())
            found = events.setdefault(row["piece"], [])
            if row["event"]:
                track = int(row["track"]) if row["track"] else None
                found.append(Event(float(row["start"]), float(row["end"]), row["event"], track))
    except (AttributeError, TypeError, ValueError, csv.Error) as error:
        raise BadEventsFile(f"line {max(rows.line_num, 1)}: {error}") from error
    return [Marks(piece, looked_for[piece], tuple(found)) for piece, found in events.items()]


def _kinds(ids: Iterable[str]) -> tuple[str, ...]:
    kinds = tuple(ids)
    for kind in kinds:
        if not _KIND.fullmatch(kind):
            raise BadEventsFile(f"{kind[:40]!r} is no event's id")
    return kinds


def _video(video: Video) -> dict[str, Any]:
    return {
        "id": video.id,
        "store_id": video.store_id,
        "camera_id": video.camera_id,
        "recorded_at": video.recorded_at,
        "seconds": video.seconds,
        "width": video.width,
        "height": video.height,
    }


def _piece(one: LabelledPiece) -> dict[str, Any]:
    return {
        "id": one.piece.id,
        "video_id": one.video.id,
        "part": one.part,
        "start": one.piece.begins,
        "end": one.piece.ends,
        "arm": one.arm,
        "frames": one.frames,
        "frame_times": list(one.times),
        "looked_for": list(one.looked_for),
        "tracks": [dict(track) for track in one.tracks],
    }


def _over_cuts(pieces: Sequence[LabelledPiece]) -> Iterable[dict[str, Any]]:
    of_video: dict[str, list[LabelledPiece]] = {}
    for one in pieces:
        of_video.setdefault(one.video.id, []).append(one)
    for video_id, parts in of_video.items():
        lengths = [(one.piece.ends - one.piece.begins) / max(len(one.times), 1) for one in parts]
        for event, ids in joined_over_cuts([one.piece for one in parts], 1.5 * max(lengths)):
            mark = {"event": event.event, "start": event.start, "end": event.end, "track": event.track}
            yield {"video_id": video_id, **mark, "pieces": list(ids)}
