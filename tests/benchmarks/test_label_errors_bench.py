from benchmarks.label_errors.trials import Counts, _counted, total
from labeling.annotations import AnnotatedBox
from labeling.quality.label_errors import LabelError, Suspect
from labeling.quality.simulated_model import Planted
from retail.boxes import DetectionKind


def facing(x1: float) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, 0, x1 + 100, 100)


def suspect(error: LabelError, label: int | None, x1: float = 0) -> Suspect:
    return Suspect("p", error, 0.9, label, (x1, 0, x1 + 100, 100), facing(x1))


def test_an_error_counts_once_and_whichever_way_it_is_suspected() -> None:
    planted = Planted(tuple(map(facing, (0, 200, 400))), frozenset({0}), frozenset({1}), (facing(600), facing(800)))
    suspects = [
        suspect(LabelError.SWAPPED, 0),  # displaced, in truth
        suspect(LabelError.BADLY_LOCATED, 0),
        suspect(LabelError.BADLY_LOCATED, 2),  # clean
        suspect(LabelError.OVERLOOKED, None, 610),
        suspect(LabelError.OVERLOOKED, None, 1500),  # nothing there
    ]
    counts = dict(_counted(planted, suspects))
    assert counts == {
        LabelError.OVERLOOKED: Counts(planted=2, found=1, flagged=2, clean=1),
        LabelError.BADLY_LOCATED: Counts(planted=1, found=1, flagged=2, clean=1),
        LabelError.SWAPPED: Counts(planted=1, found=0, flagged=1, clean=0),
    }
    assert total(counts) == Counts(planted=4, found=2, flagged=5, clean=2)
    assert (total(counts).found_share, total(counts).clean_share) == (0.5, 0.4)


def test_nothing_planted_and_nothing_flagged_is_no_error() -> None:
    assert (Counts().found_share, Counts().clean_share) == (0, 0)
