"""Several photos of one product as the views of a checkout: what fusing brings, and what stays unresolved."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.recognition.folds import FOLDS, Ints
from benchmarks.recognition.naming import with_truth
from benchmarks.recognition.trials import SEED, Trials, gtin_of, others
from benchmarks.recognition.unknown import KNOWN, PRODUCTS, REFUSED, WITHHELD, calibrated
from benchmarks.report import Target
from vision.checkout import fuse_views
from vision.naming_calibration import NamingCalibration, Numbers, fit_calibration
from vision.recognition import ProductShortlists

Row = dict[str, Any]
VIEWS = (1, 2, 3, 5)
TARGETS: dict[str, Target] = {"checkout_refused_3_views": Target(at_most=REFUSED)}
_EXPONENTS = (0.0, 0.25, 0.5, 0.75, 1.0)


def measure_checkout(trials: Trials) -> tuple[dict[str, float | None], list[Row]]:
    """Return headline numbers and rows."""
    rows: list[Row] = [_top1(trials, views) for views in VIEWS[1:]]
    rows += [row for views in VIEWS[1:] for row in _ways(trials, views)]
    rows += [_unresolved(trials, views) for views in VIEWS]
    fused = {row["views"]: row for row in rows if "fused_top1" in row}
    unresolved = {row["views"]: row for row in rows if "withheld_unresolved" in row}
    return {
        "checkout_top1_3_views": fused[3]["fused_top1"],
        "checkout_top1_single": fused[3]["single_top1"],
        "checkout_unresolved_1_view": unresolved[1]["withheld_unresolved"],
        "checkout_unresolved_3_views": unresolved[3]["withheld_unresolved"],
        "checkout_refused_3_views": unresolved[3]["known_refused"],
    }, rows


def groups_of(products: Ints, views: int) -> list[Ints]:
    """Cut photos (n,) into groups of so many of one product, by chance; what is left over is left out."""
    rng, groups = np.random.default_rng(SEED), []
    for product in np.unique(products):
        rows = rng.permutation(np.flatnonzero(products == product))
        groups += np.split(rows[: len(rows) // views * views], len(rows) // views) if len(rows) >= views else []
    return groups


def fused_groups(lists: ProductShortlists, groups: Sequence[Ints]) -> ProductShortlists:
    """Fuse the shortlists of each group into one."""
    fused = [fuse_views(_some(lists, group)) for group in groups]
    width = max(one.scores.shape[1] for one in fused)
    scores = np.full((len(fused), width), -np.inf, np.float32)
    for row, one in zip(scores, fused, strict=True):
        row[: one.scores.shape[1]] = one.scores[0]
    nearest = np.concatenate([one.nearest for one in fused])
    return ProductShortlists(scores, nearest, [one.gtins[0] for one in fused], [one.variants[0] for one in fused])


def _some(lists: ProductShortlists, rows: Ints) -> ProductShortlists:
    picked = rows.tolist()
    return ProductShortlists(
        lists.scores[rows],
        lists.nearest[rows],
        [lists.gtins[row] for row in picked],
        [lists.variants[row] for row in picked],
    )


def _top1(trials: Trials, views: int) -> Row:
    right, single, count = 0, 0, 0
    for fold in range(FOLDS):
        rows = trials.fold(fold)
        lists, truth = trials.named("all", frozenset({fold}), PRODUCTS, rows), trials.products[rows]
        groups = groups_of(truth, views)
        fused = fused_groups(lists, groups)
        right += sum(gtins[0] == gtin_of(truth[group[0]]) for gtins, group in zip(fused.gtins, groups, strict=True))
        single += sum(lists.gtins[row][0] == gtin_of(truth[row]) for group in groups for row in group.tolist())
        count += len(groups)
    return {"views": views, "products": count, "single_top1": single / count / views, "fused_top1": right / count}


def _ways(trials: Trials, views: int) -> Iterator[Row]:
    """Compare ways of fusing on the inner folds, and how independent views are: loss of the true product."""
    tops: dict[str, list[bool]] = {"mean of scores": [], "mean of probabilities": [], "surest view": []}
    losses: dict[float, list[float]] = {exponent: [] for exponent in _EXPONENTS}
    for fold in range(FOLDS):
        for inner in others(fold):
            rows = trials.fold(inner)
            truth = trials.products[rows]
            lists = trials.named("all", frozenset({fold, inner}), PRODUCTS, rows)
            temperature = fit_calibration(with_truth(lists, truth, PRODUCTS), on="inner fold").temperature
            groups = groups_of(truth, views)
            table = _table(lists)
            chances = _softmax(table / temperature)
            for group in groups:
                product = truth[group[0]]
                tops["mean of scores"].append(bool(table[group].mean(0).argmax() == product))
                tops["mean of probabilities"].append(bool(chances[group].mean(0).argmax() == product))
                tops["surest view"].append(bool(chances[group].max(0).argmax() == product))
                for exponent, each in losses.items():
                    said = _softmax(table[group].mean(0)[None] * views**exponent / temperature)[0, product]
                    each.append(-float(np.log(max(said, 1e-6))))
    for way, hits in tops.items():
        yield {"fused by": way, "views": views, "top1, inner folds": float(np.mean(hits))}
    yield {"loss by exponent of the number of views": views} | {str(e): float(np.mean(x)) for e, x in losses.items()}


def _table(lists: ProductShortlists) -> Numbers:
    """Return scores (n, 81) of all products; one that is not listed has the last listed one's."""
    table = np.repeat(lists.scores.min(1, where=np.isfinite(lists.scores), initial=1)[:, None], len(PRODUCTS), 1)
    for row, gtins in enumerate(lists.gtins):
        table[row, [int(gtin) for gtin in gtins]] = lists.scores[row, : len(gtins)]
    return table.astype(np.float64)


def _softmax(logits: Numbers) -> Numbers:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    chances: Numbers = powers / powers.sum(1, keepdims=True)
    return chances


def _unresolved(trials: Trials, views: int) -> Row:
    """Refuse what stands out less than all but 1 % of the known products of the inner folds do in as many views."""
    refused: dict[str, list[bool]] = {"known": [], "withheld": [], "known, served": [], "withheld, served": []}
    right: list[bool] = []
    for fold in range(FOLDS):
        calibration = calibrated(trials, fold)
        inner = [
            _scores(trials, calibration, frozenset({fold, one}), trials.fold(one, KNOWN), views)[0]
            for one in others(fold)
        ]
        limit = float(np.quantile(np.concatenate(inner), 1 - REFUSED))
        for name, products in (("known", KNOWN), ("withheld", WITHHELD)):
            scores, hits = _scores(trials, calibration, frozenset({fold}), trials.fold(fold, products), views)
            refused[name] += (scores > limit).tolist()
            refused[f"{name}, served"] += (scores >= calibration.of_views(views).refused).tolist()
            right += hits if name == "known" else []
    return {
        "views": views,
        "known": len(refused["known"]),
        "withheld": len(refused["withheld"]),
        "known_refused": float(np.mean(refused["known"])),
        "withheld_unresolved": float(np.mean(refused["withheld"])),
        "known_refused_as_served": float(np.mean(refused["known, served"])),
        "withheld_unresolved_as_served": float(np.mean(refused["withheld, served"])),
        "known_right": float(np.mean(right)),
    }


def _scores(
    trials: Trials, calibration: NamingCalibration, without: frozenset[int], rows: Ints, views: int
) -> tuple[Numbers, list[bool]]:
    """Return the unknown_score of every group of photos, and whether its best product is right."""
    truth = trials.products[rows]
    groups = groups_of(truth, views)
    fused = fused_groups(trials.named("all", without, KNOWN, rows), groups)
    firsts = [gtins[0] for gtins in fused.gtins]
    hits = [first == gtin_of(truth[group[0]]) for first, group in zip(firsts, groups, strict=True)]
    return calibration.unknown_scores(fused.scores, fused.nearest, firsts), hits
