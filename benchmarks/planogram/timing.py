"""How long a bay of about 300 facings takes to be judged."""

from collections.abc import Iterator, Mapping
from functools import partial
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.planogram.bays import LONGER_SIDE, seen_perfectly
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from retail.planograms import Planogram
from training.synthetic.camera import Shot
from training.synthetic.groups import Group
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto

SEED = 303  # of a store one of whose bays is planned to have 283 facings
_PRODUCTS, _BAYS, _WIDEST = 3000, 24, 5.0
_FACINGS = 300
_REPEATS = 30
_CANDIDATES, _TRUE = 20, 0.6  # products that a facing may show, and the chance of the true one


def timing_rows() -> Iterator[dict[str, Any]]:
    """Yield milliseconds of `judge` alone, for facings that are known for sure and for such as may be many things."""
    planogram, sure = _bay()
    for title, photo in (("for sure", sure), (f"one of {_CANDIDATES}", _unsure(sure, planogram))):
        work = partial(judge, planogram, [photo])
        work()
        times, busy = zip(*(_milliseconds(work) for _ in range(_REPEATS)), strict=True)
        yield {
            "facings_are_known": title,
            "facings": len(photo.of_kind(DetectionKind.FACING)),
            "positions": len(planogram.positions),
            "p50_ms": float(np.median(times)),
            "p95_ms": float(np.quantile(times, 0.95)),
            "processor_ms": float(np.median(busy)),
        }


def _bay() -> tuple[Planogram, BayPhoto]:
    """Photograph the fullest bay; of its neighbours' facings as many count as make it 300."""
    world = ShelfWorld.build(WorldSpec(SEED, _PRODUCTS, 1, _BAYS, fixtures=Group.HELD_OUT, widest=_WIDEST))
    planogram = max(world.planograms.values(), key=lambda one: sum(position.facings for position in one.positions))
    truth = world.capture(planogram.id, 0, width=LONGER_SIDE, shot=Shot(part=(-0.2, 0.0, 1.2, 1.0)))
    photo = seen_perfectly(truth)
    middle = photo.boxes[:, [0, 2]].mean(1)
    nearest = np.argsort(abs(middle - photo.size[0] / 2), kind="stable").tolist()
    spare = set([row for row in nearest if photo.kinds[row] is DetectionKind.FACING][_FACINGS:])
    rows = [row for row in range(len(photo.kinds)) if row not in spare]
    return planogram, BayPhoto(
        photo.size,
        photo.boxes[rows],
        tuple(photo.kinds[row] for row in rows),
        photo.confidences[rows],
        tuple(photo.chances[row] for row in rows),
    )


def _unsure(photo: BayPhoto, planogram: Planogram) -> BayPhoto:
    rng, planned = np.random.default_rng(SEED), sorted(planogram.gtins)

    def blurred(chances: Mapping[Gtin, float]) -> Mapping[Gtin, float]:
        others = [planned[place] for place in rng.choice(len(planned), _CANDIDATES - 1, replace=False).tolist()]
        spread = {gtin: (1 - _TRUE) / _CANDIDATES for gtin in others}
        return {**spread, **dict.fromkeys(chances, _TRUE)} if chances else chances

    return BayPhoto(photo.size, photo.boxes, photo.kinds, photo.confidences, tuple(map(blurred, photo.chances)))


def _milliseconds(work: partial[Any]) -> tuple[float, float]:
    """Return how long it takes, and how long it keeps processors busy meanwhile."""
    begin, busy = perf_counter(), process_time()
    work()
    return (perf_counter() - begin) * 1000, (process_time() - busy) * 1000
