"""From what was measured to what is claimed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.recovery.counting import (
    ANSWERED,
    FACINGS,
    FOUND,
    RIGHT,
    Counts,
    Step,
    f1_of,
    find,
    photo_counts,
    share,
    sku_f1,
    verdict_f1,
)
from benchmarks.recovery.story import ARMS, BAYS_PER_STORE, STORES, Arm, Stage
from benchmarks.report import Target

Played = Mapping[str, Sequence[Step]]  # by "champion" and arm, of one seed
Row = dict[str, Any]
ROUNDS = ("round 1", "round 2")
TARGETS = {
    "recovered": Target(at_least=0.9),
    "recovered_worst_seed": Target(at_least=0.9),
    "labelled_share": Target(at_most=0.1),
}
_DRAWS = 2000


def headline(played: Mapping[int, Played]) -> dict[str, float | None]:
    """Return the share of the loss that two rounds recovered, and what they labelled; means and worst of seeds."""
    recovered = {arm: [recovery(one, arm, ROUNDS[-1])[0] for one in played.values()] for arm in ARMS}
    return {
        "fall": float(np.mean([_fall(one["champion"]) for one in played.values()])),
        "recovered": float(np.mean(recovered["shipped"])),
        "recovered_worst_seed": min(recovered["shipped"]),
        "recovered_random": float(np.mean(recovered["random"])),
        "labelled_share": max(labelled_share(one, arm) for one in played.values() for arm in ARMS),
    }


def recovery(played: Played, arm: Arm, step: str) -> tuple[float, float, float]:
    """Return the share of the champion's loss that is made up after a step, and its 95 % interval.

    The interval is of bays drawn with replacement, each with all its photos: those of one bay share their shelves. All
    sets hold the same bays on the same days, so a draw takes the same ones of each.
    """
    tables = [
        _by_bay(find(played["champion"], Stage.BEFORE)),
        _by_bay(find(played["champion"], Stage.PLANOGRAMS)),
        _by_bay(find(played[arm], step)),
    ]
    bays = len(tables[0])
    drawn = np.random.default_rng(0).integers(bays, size=(_DRAWS, bays))
    shares = _recovered(*(table[drawn].sum(1) for table in tables))
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(_recovered(*(table.sum(0) for table in tables))), float(low), float(high)


def labelled_share(played: Played, arm: Arm) -> float:
    """Return the boxes that both rounds labelled, of the pool's."""
    rounds = [find(played[arm], name) for name in ROUNDS]
    return float(sum(one["boxes"] for one in rounds) / rounds[0]["pool_boxes"])


def rows(played: Mapping[int, Played]) -> list[Row]:
    """Return a row for each step of each seed, then one for each seed and arm."""
    steps = [
        {"seed": seed, "played": name, **_step_row(step)}
        for seed, one in played.items()
        for name in ("champion", *ARMS)
        for step in one[name]
    ]
    return [*steps, *(_recovery_row(seed, one, arm) for seed, one in played.items() for arm in ARMS)]


def _step_row(step: Step) -> Row:
    retraining = step.get("retraining", {})
    return {
        "step": step["step"],
        "sku_f1": f1_of(step),
        "found": share(step, FOUND, FACINGS),
        "of answers": share(step, FOUND, ANSWERED),
        "named": share(step, RIGHT, FOUND),
        "verdict_f1": verdict_f1(step),
        "model": step["model"],
        "references": step["references"],
        "boxes": step.get("boxes"),
        "retraining": retraining.get("state"),
        "note": retraining.get("note"),
    }


def _recovery_row(seed: int, played: Played, arm: Arm) -> Row:
    first, second = (recovery(played, arm, name) for name in ROUNDS)
    before, fallen = (verdict_f1(find(played["champion"], stage)) for stage in _ENDS)
    after = verdict_f1(find(played[arm], ROUNDS[-1]))
    return {
        "seed": seed,
        "arm": arm,
        "recovered, round 1": first[0],
        "recovered, round 2": second[0],
        "low": second[1],
        "high": second[2],
        "labelled": labelled_share(played, arm),
        "verdicts before": before,
        "verdicts fallen": fallen,
        "verdicts after": after,
    }


_ENDS = (Stage.BEFORE, Stage.PLANOGRAMS)


def _recovered(before: Counts, fallen: Counts, after: Counts) -> NDArray[np.float64]:
    loss = sku_f1(before) - sku_f1(fallen)
    return np.asarray((sku_f1(after) - sku_f1(fallen)) / loss, np.float64)


def _by_bay(step: Step) -> Counts:
    """Return the counts of each bay's photos, summed, (bays, 4); sets are in order day by day, bay by bay."""
    by_day = photo_counts(step).reshape(-1, STORES * BAYS_PER_STORE, 4)
    return np.asarray(by_day.sum(0), np.int64)


def _fall(champion: Sequence[Step]) -> float:
    before, fallen = (f1_of(find(champion, stage)) for stage in _ENDS)
    return before - fallen
