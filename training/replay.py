"""Replay: a share of each epoch from what the champion was trained on, so that it learns without forgetting."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from training.captures import LabelledCapture

LEAST_PHOTOS = 100  # of an epoch, where there are as many: a handful of new photos makes no epoch


def replay_rates(
    captures: Sequence[LabelledCapture], older: Collection[str], share: float
) -> tuple[dict[str, float], str]:
    """Return how often an epoch shows each capture, by id, and the rule in words.

    New captures are shown once. Of the older ones as many are drawn as make up `share` of the epoch, or `LEAST_PHOTOS`
    with the new ones, from each stratum as many as from any other while it has some; none more than once an epoch.
    With a share of 1, or where all captures are new or all are old, each is shown once.

    Args:
        captures: to train on.
        older: ids of captures that the champion was trained on.
        share: of the epoch, 0..1.
    """
    old = [capture for capture in captures if capture.capture_id in older]
    new = len(captures) - len(old)
    rates = {capture.capture_id: 1.0 for capture in captures}
    if not old or not new:
        return rates, f"each of {len(captures)} photos once an epoch: {'no' if old else 'all'} photos are new"
    places = new * share / (1 - share) if share < 1 else len(old)
    places = min(len(old), max(places, LEAST_PHOTOS - new))
    for stratum, rate in _balanced(old, places).items():
        rates |= {capture.capture_id: rate for capture in old if capture.stratum == stratum}
    told = f"an epoch shows {new} new photos and {places:.0f} of {len(old)} that the champion was trained on"
    return rates, told


def _balanced(old: Sequence[LabelledCapture], places: float) -> Mapping[str, float]:
    """Share out places among strata alike, what a small stratum cannot fill among the others; a rate for each."""
    strata: dict[str, int] = defaultdict(int)
    for capture in old:
        strata[capture.stratum] += 1
    rates: dict[str, float] = {}
    for number, (stratum, count) in enumerate(sorted(strata.items(), key=lambda item: (item[1], item[0]))):
        quota = min(float(count), places / (len(strata) - number))
        rates[stratum], places = quota / count, places - quota
    return rates
