"""Things that a model sees and nobody drew: which of them are there?"""

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from labeling.quality.label_errors.neighbours import nearest_elsewhere
from labeling.quality.label_errors.pairing import Pairing
from labeling.quality.label_errors.seen import Floats
from retail.boxes import DetectionKind

_NEIGHBOURS = 10
_FEWEST = 20
_RIDGE = 0.05
_CALIBRATED = 1.0  # how much it weighs that log odds of a calibrated model count as they are
_SUREST = 1e-4
_USUAL_MISS, _WEIGHT = 0.03, 50.0  # share of things overlooked, and how many detections that guess weighs
_MOST_MISSED = 0.4


def overlooked(pairings: Sequence[Pairing]) -> list[Floats]:
    """Return, photo by photo, the probability that each free detection is something that was overlooked.

    A thing that is there is labelled with a constant probability, one that is not never is: positive and unlabelled
    examples (Elkan & Noto, KDD 2008). How likely a detection is there, from its probability, its kind and how many of
    the detections elsewhere that look like it were labelled, is fitted together with that constant.
    """
    rows = [np.concatenate([one.same[:, 1], one.free]) for one in pairings]
    labelled = np.concatenate([np.arange(len(some)) < len(one.same) for some, one in zip(rows, pairings, strict=True)])
    ends = np.cumsum([len(some) for some in rows])[:-1]
    if labelled.sum() < _FEWEST or (~labelled).sum() == 0:
        return [np.zeros(len(one.free)) for one in pairings]
    there, miss = _fit(_features(pairings, rows, labelled), labelled)
    guilty = there * miss / (1 - there * (1 - miss))
    return [some[len(one.same) :] for some, one in zip(np.split(guilty, ends), pairings, strict=True)]


def _features(pairings: Sequence[Pairing], rows: Sequence[NDArray[np.int64]], labelled: NDArray[np.bool_]) -> Floats:
    """Return (n, f): log odds of the probability, those of being labelled among look-alikes, and the kinds."""
    seens = [one.photo.seen for one in pairings]
    sure = np.concatenate([seen.probabilities[some] for seen, some in zip(seens, rows, strict=True)])
    kinds = np.array([seen.kinds[i].value for seen, some in zip(seens, rows, strict=True) for i in some.tolist()], "U8")
    columns = [_log_odds(sure.astype(np.float64)), *(kinds == kind.value for kind in DetectionKind)]
    vectors = [seen.vectors for seen in seens]
    if all(vector is not None for vector in vectors):
        looks = np.concatenate([vector[some] for vector, some in zip(vectors, rows, strict=True) if vector is not None])
        photos = np.repeat(np.arange(len(rows)), [len(some) for some in rows])
        every = np.arange(len(looks))
        near = nearest_elsewhere(looks, photos, every, every, _NEIGHBOURS)
        known = near >= 0
        share = ((labelled[near] & known).sum(1) + labelled.mean()) / (known.sum(1) + 1)
        columns.append(_log_odds(share))
    return np.stack(columns, axis=1).astype(np.float64)


def _fit(features: Floats, labelled: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Return the probability that each is there (n,), and the share of what is there that was overlooked."""

    calibrated, ridge = np.zeros(features.shape[1]), np.full(features.shape[1], _RIDGE)
    calibrated[0], ridge[0] = 1.0, _CALIBRATED

    def parts(values: Floats) -> tuple[Floats, float]:
        return 1 / (1 + np.exp(-features @ values[1:])), _MOST_MISSED / (1 + np.exp(-float(values[0])))

    def misfit(values: Floats) -> tuple[float, Floats]:
        there, miss = parts(values)
        drawn = np.clip(there * (1 - miss), 1e-9, 1 - 1e-9)
        slope = np.where(labelled, 1 / drawn, -1 / (1 - drawn))
        prior = _WEIGHT * (_USUAL_MISS / miss - (1 - _USUAL_MISS) / (1 - miss))
        of_miss = -(slope * there).sum() + prior
        gradient = np.concatenate(
            [[of_miss * miss * (1 - miss / _MOST_MISSED)], (slope * (1 - miss) * there * (1 - there)) @ features]
        )
        away = values[1:] - calibrated
        gradient[1:] -= 2 * ridge * away
        likelihood = np.log(np.where(labelled, drawn, 1 - drawn)).sum() - (ridge * away**2).sum()
        likelihood += _WEIGHT * (_USUAL_MISS * np.log(miss) + (1 - _USUAL_MISS) * np.log(1 - miss))
        return -float(likelihood), -gradient

    start = np.array([np.log(_USUAL_MISS / _MOST_MISSED), *calibrated])
    return parts(np.asarray(scipy.optimize.minimize(misfit, start, jac=True, method="L-BFGS-B").x, np.float64))


def _log_odds(share: Floats) -> Floats:
    safe = np.clip(share, _SUREST, 1 - _SUREST)
    odds: Floats = np.log(safe / (1 - safe))
    return odds
