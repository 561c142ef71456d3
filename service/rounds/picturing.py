"""Drawing a round: where its picks lie among the labelled captures and the pool it left."""

from collections import Counter

import numpy as np
from sqlalchemy.orm import Session

from sampling.pool_map import lay_out
from sampling.signatures import Floats, Vectors
from service.coverage.queries import MOST, Moment
from service.rounds.explain_queries import Point, labelled_points, picked_points, pool_points, queued_points
from service.rounds.queries import get_round
from service.rounds.schemas_map import MapAnswer, PickPoint

VECTOR = np.dtype("<f2")


def round_map(session: Session, round_id: str) -> MapAnswer:
    """Lay out a round's picks with up to 5,000 captures of the pool it left and 5,000 of those in tasks before it.

    Only vectors of one model can be compared: that of most picks as they are signed now. The rest is left out.

    Raises:
        Problem: round-not-found.
    """
    moment = Moment(round_id, get_round(session, round_id).created_at)
    picks = picked_points(session, round_id)
    model = _most_common([point.model_version for point in picks])
    comparable = [point for point in picks if point.model_version == model]
    layers = [
        comparable,
        labelled_points(session, moment, model),
        queued_points(session, moment, model),
        pool_points(session, moment, model),
    ]
    places = np.split(lay_out(_vectors(layers)), np.cumsum([len(layer) for layer in layers])[:-1])
    return MapAnswer(
        model_version=model,
        picks=[
            PickPoint(capture_id=one.capture_id, x=x, y=y)
            for one, (x, y) in zip(comparable, _rounded(places[0]), strict=True)
        ],
        labelled=_rounded(places[1]),
        queued=_rounded(places[2]),
        pool=_rounded(places[3]),
        most=MOST,
        left_out=len(picks) - len(comparable),
    )


def _most_common(versions: list[int]) -> int:
    """Return the version of most, of several the newest; 0 of none."""
    return max(Counter(versions).items(), key=lambda counted: counted[::-1], default=(0, 0))[0]


def _vectors(layers: list[list[Point]]) -> Vectors:
    stored = [point.vector for layer in layers for point in layer]
    vectors = np.frombuffer(b"".join(stored), VECTOR).astype(np.float32)
    vectors = vectors.reshape(len(stored), -1 if stored else 0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return vectors


def _rounded(places: Floats) -> list[tuple[float, float]]:
    """Return places to a thousandth: a map is a few hundred pixels wide."""
    return [(x, y) for x, y in places.round(3).tolist()]
