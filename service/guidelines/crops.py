"""Pieces of photos that show what people said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlencode

from labeling.annotations import AnnotatedBox
from labeling.quality.boundaries import Unit
from service.guidelines.schemas_reports import CropAnswer
from service.quality.together import Together

MOST = 4


def crops_of(
    together: Iterable[tuple[Together, Sequence[Unit]]],
    fits: Callable[[Unit], bool],
    names: Mapping[str, str],
    most: int = MOST,
) -> list[CropAnswer]:
    """Return pieces of photos for decisions that fit: of each photo the largest box, the largest first.

    Args:
        together: tasks, and the decisions that are looked at.
        fits: whether a decision is to be shown.
        names: words for what people said, where there are better ones.
        most: of them at most.
    """
    found = []
    for one, units in together:
        shown = [(box, unit) for unit in units if fits(unit) and (box := box_of(one, unit)) is not None]
        if shown:
            box, unit = max(shown, key=lambda pair: _area(pair[0]))
            said = [names.get(word, word) for word in unit.said if word is not None]
            found.append((_area(box), crop(one.capture.id, box, said)))
    found.sort(key=lambda pair: (-pair[0], pair[1].capture_id))
    return [answer for _, answer in found[:most]]


def box_of(together: Together, unit: Unit) -> AnnotatedBox | None:
    """Return the first box that somebody drew for a decision, None where nobody drew one."""
    drawn = (answer[place] for answer, place in zip(together.answers, unit.places, strict=True) if place is not None)
    return next(drawn, None)


def crop(capture_id: str, box: AnnotatedBox, said: list[str]) -> CropAnswer:
    """Return a piece of a photo as it is answered."""
    edges = (box.x1, box.y1, box.x2, box.y2)
    query = urlencode(dict(zip(("x1", "y1", "x2", "y2"), edges, strict=True)))
    return CropAnswer(capture_id=capture_id, box=edges, crop_url=f"/v1/captures/{capture_id}/crop?{query}", said=said)


def side(box: AnnotatedBox) -> float:
    """Return the shorter side in pixels."""
    return min(box.x2 - box.x1, box.y2 - box.y1)


def _area(box: AnnotatedBox) -> float:
    return (box.x2 - box.x1) * (box.y2 - box.y1)
