"""Class imbalance: photos that show a rare class come more often."""

from collections import Counter
from collections.abc import Sequence

from training.captures import LabelledCapture
from training.snapshots import ClassMode, class_of

MOST_REPEATS = 4.0  # an epoch; a photo that comes more often is learned by heart


def repeat_factors(
    captures: Sequence[LabelledCapture], class_mode: ClassMode, threshold: float
) -> tuple[dict[str, float], str]:
    """Return how often each capture is to be shown for one time of a common one, by id, and the rule in words.

    Repeat factor sampling (Gupta, Dollár, Girshick: LVIS, CVPR 2019, section 5): a class that a share f of the photos
    shows has the factor max(1, √(threshold / f)), a photo the largest factor of its classes.

    Args:
        captures: to train on.
        class_mode: says which classes the boxes teach.
        threshold: share of photos under which a class counts as rare; 0 leaves every photo at 1.
    """
    shown = [{class_of(box, class_mode) for box in capture.boxes} for capture in captures]
    photos = Counter(name for names in shown for name in names)
    factors = {
        name: min(MOST_REPEATS, max(1.0, (threshold * len(captures) / count) ** 0.5)) for name, count in photos.items()
    }
    rare = sum(factor > 1 for factor in factors.values())
    rates = {
        capture.capture_id: max((factors[name] for name in names), default=1.0)
        for capture, names in zip(captures, shown, strict=True)
    }
    if not rare:
        return rates, "no class is rare" if threshold else "rare classes are shown as they come"
    return (
        rates,
        f"{rare} of {len(factors)} classes are on fewer than {threshold:.0%} of the photos and shown more often",
    )
