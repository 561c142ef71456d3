"""Is a box that says 0.8 right in 80 % of cases, and do the signals warn of wrong ones? `make bench-calibration`.

Photos that trained nothing: a drawn world kept apart, the fridge and the drugstore shelves, where all facings are
labelled, and Freiburg, where only some are, so that right boxes count as wrong. Before and after are the same boxes
with and without the calibration that the artefact carries; `own` is what a calibration on four fifths of the same
photos makes of the last fifth, as a retraining with a shop's own labels would.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.calibration.figures import auroc, calibration_error, counted, reliability
from benchmarks.calibration.looking import LEAST_CONFIDENCE, Floats, Look, look
from benchmarks.photo_sets import UNSEEN_WORLD, drawn, freiburg, fridge, k4r, photographed
from benchmarks.report import Report, Target, machine
from benchmarks.starter import load_starter
from retail.boxes import Boxes, DetectionKind
from retail.conditions import Condition
from training.calibration import most_likely
from training.captures import LabelledCapture
from training.evaluation import FEWEST_CAPTURES
from training.matching import LEAST_CALIBRATED
from training.synthetic.spec import load_photo_plan
from vision.detector import Detector

Row = dict[str, Any]
SEED = 11
DRAWN, REAL, PARTLY = "unseen world", "fridge and drugstore", "Freiburg, partly labelled"
_LOOSE = 0.75  # IoU below which a right box is drawn loosely
_FOLDS = 5
_ALL = "from 0.1 on"
_NOTHING = np.zeros((0, 4), np.float32)
_FACINGS = (DetectionKind.FACING,)
_ALL_BUT_GAPS = (DetectionKind.FACING, DetectionKind.SHELF, DetectionKind.TAG)


def main() -> None:
    """Look at all photos, publish."""
    arguments, started = _arguments(), machine()
    (runtime, metadata), rng = load_starter(), np.random.default_rng(SEED)
    detector = Detector(runtime, metadata, metadata.calibrated(LEAST_CONFIDENCE), max_detections=600)
    sets = _look_at_all(detector, Path(arguments.data), arguments.photos)
    warnings = {name: list(_warnings(looks, metadata.confidence, rng)) for name, looks in sets.items()}
    blend = next(row for row in warnings[REAL] if (row["of"], row["signal"]) == (_ALL, "blend"))
    errors = {name: list(_errors(looks)) for name, looks in sets.items()}
    Report(
        name="calibration",
        headline={
            "ece_drawn_before": errors[DRAWN][0]["before"],
            "ece_drawn_after": errors[DRAWN][0]["after"],
            "ece_real_before": errors[REAL][0]["before"],
            "ece_real_after": errors[REAL][0]["after"],
            "ece_real_own": errors[REAL][0]["own"],
            "blend_auroc_real": blend["AUROC"],
            "blend_auroc_real_low": blend["low"],
        },
        targets={"ece_drawn_after": Target(at_most=0.05), "blend_auroc_real_low": Target(at_least=0.5)},
        rows=[
            *_named(errors),
            *_named(warnings),
            *_named({name: list(_bins(looks)) for name, looks in sets.items()}),
            {"temperature": metadata.temperature, "bias": metadata.bias, "confidence": metadata.confidence}
            | dict(zip(("fitted on photos", "fitted on boxes"), metadata.calibrated_on, strict=True)),
        ],
        seeds={"bootstrap": SEED, DRAWN: load_photo_plan(UNSEEN_WORLD).seed},
        machine=started,
    ).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SHELFLOOP_DATA"), help="folder of photos, see docs/data.md")
    parser.add_argument("--photos", type=int, default=60, help="of the drawn world, and of Freiburg")
    arguments = parser.parse_args()
    if not arguments.data:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    return arguments


def _look_at_all(detector: Detector, data: Path, most: int) -> dict[str, list[Look]]:
    def looks(name: str, photos: Iterable[tuple[LabelledCapture, Boxes]], kinds: Sequence[DetectionKind]) -> list[Look]:
        return [look(detector, photo, kinds, ignored) for photo, ignored in track(photos, name, transient=True)]

    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as scratch:
        world = drawn(islice(photographed(load_photo_plan(UNSEEN_WORLD)), most), Path(scratch))
        return {
            DRAWN: looks(DRAWN, _whole(world), tuple(DetectionKind)),
            REAL: looks("fridge", _whole(fridge(data)), _FACINGS) + looks("drugstore", k4r(data), _ALL_BUT_GAPS),
            PARTLY: looks("Freiburg", _whole(islice(freiburg(data), most)), _FACINGS),
        }


def _whole(captures: Iterable[LabelledCapture]) -> Iterator[tuple[LabelledCapture, Boxes]]:
    return ((capture, _NOTHING) for capture in captures)


def _named(rows: dict[str, list[Row]]) -> Iterator[Row]:
    return ({"photos of": name, **row} for name, group in rows.items() for row in group)


# --- calibration ---


def _errors(looks: Sequence[Look]) -> Iterator[Row]:
    """Yield the calibration error over all photos, then under every condition that enough photos show."""
    own = _own(looks)
    yield _error("all", looks, own)
    conditions = [Condition.from_stratum(one.capture.stratum) for one in looks]
    cells: tuple[Callable[[Condition], str], ...] = (
        lambda c: f"lighting {c.lighting}",
        lambda c: f"angle {c.angle}",
        lambda c: f"format {c.format}",
        lambda c: c.stratum,
    )
    for cell_of in cells:
        names = [cell_of(condition) for condition in conditions]
        for name in sorted(set(names)) if len(set(names)) > 1 else ():
            inside = [i for i, other in enumerate(names) if other == name]
            if len(inside) >= FEWEST_CAPTURES:
                yield _error(name, [looks[i] for i in inside], [own[i] for i in inside])


def _error(condition: str, looks: Sequence[Look], own: Sequence[Floats]) -> Row:
    after, right = _joined(one.probabilities for one in looks), np.concatenate([one.right for one in looks])
    before, mine = _sigmoid(_joined(one.logits for one in looks)), _joined(own)
    same = counted(before, after)
    return {
        "condition": condition,
        "photos": len(looks),
        "boxes": int(same.sum()),
        "before": calibration_error(before, right, same),
        "after": calibration_error(after, right, same),
        "own": calibration_error(mine, right, same),
    }


def _own(looks: Sequence[Look]) -> list[Floats]:
    """Return what a calibration on the other folds makes of each photo's logits."""
    lines = []
    for fold in range(_FOLDS):
        others = [one for i, one in enumerate(looks) if i % _FOLDS != fold]
        lines.append(most_likely(_joined(one.logits for one in others), np.concatenate([one.right for one in others])))
    return [_sigmoid(lines[i % _FOLDS][0] * one.logits + lines[i % _FOLDS][1]) for i, one in enumerate(looks)]


def _bins(looks: Sequence[Look]) -> Iterator[Row]:
    right = np.concatenate([one.right for one in looks])
    before, after = _sigmoid(_joined(one.logits for one in looks)), _joined(one.probabilities for one in looks)
    same = counted(before, after)
    for name, probabilities in (("before", before), ("after", after)):
        yield from ({"calibration": name, **row} for row in reliability(probabilities[same], right[same]))


def _joined(parts: Iterable[Floats]) -> Floats:
    return np.concatenate(list(parts))


def _sigmoid(logits: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-logits))
    return result


# --- warnings ---


def _warnings(looks: Sequence[Look], confidence: float, rng: np.random.Generator) -> Iterator[Row]:
    """Yield for each signal how well it warns of wrong boxes, and of right ones that are drawn loosely."""
    for population, least in ((_ALL, LEAST_CALIBRATED), ("answered", confidence)):
        kept = [one.only(one.probabilities >= least) for one in looks]
        hits = [one.only(one.right) for one in kept]
        wrong, loose = [~one.right for one in kept], [one.overlaps < _LOOSE for one in hits]
        for name in kept[0].signals:
            of_wrong = auroc([one.signals[name] for one in kept], wrong, rng)
            of_loose = auroc([one.signals[name] for one in hits], loose, rng)
            yield {
                "of": population,
                "signal": name,
                "boxes": sum(map(len, wrong)),
                "wrong": int(sum(one.sum() for one in wrong)),
                **of_wrong,
                "loose": of_loose["AUROC"],
                "loose low": of_loose["low"],
                "loose high": of_loose["high"],
                "predicts": _verdict(of_wrong["low"], of_loose["low"]),
            }


def _verdict(wrong: float | None, loose: float | None) -> str:
    if wrong is None:
        return "too few boxes"
    told = [name for name, low in (("wrong", wrong), ("loose", loose)) if low is not None and low > 0.5]
    return " and ".join(told) or "nothing"


if __name__ == "__main__":
    main()
