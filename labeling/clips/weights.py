"""How much each event weighs in training: rare ones more."""

from collections.abc import Mapping

NONE = "none"  # pieces without any event
_BETA = 0.999


def class_weights(counts: Mapping[str, int], beta: float = _BETA) -> dict[str, float | None]:
    """Return a weight for each class by the effective number of its examples, with a mean of 1 over those there are.

    After Cui et al., "Class-Balanced Loss Based on Effective Number of Samples" (CVPR 2019): n examples count as
    (1 - beta^n) / (1 - beta). Few examples weigh inversely to their number; many no longer gain by still more.

    Args:
        counts: examples of each class.
        beta: how quickly more examples stop to matter; 0 weighs all alike.

    Returns:
        The weight of each class; None for one without examples, which nothing can be learnt from.
    """
    raw = {name: (1 - beta) / (1 - beta**count) for name, count in counts.items() if count}
    mean = sum(raw.values()) / len(raw) if raw else 1.0
    return {name: raw[name] / mean if name in raw else None for name in counts}
