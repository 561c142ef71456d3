"""When a pilot is a go."""

from collections.abc import Callable

import numpy as np

from labeling.annotations import AnnotatedBox
from labeling.pilots import Limits, Verdict, judge_pilot
from labeling.quality.boundaries import Unit, decisions
from retail.boxes import DetectionKind
from retail.gtin import Gtin, parse_gtin

PRODUCTS = tuple(parse_gtin(gtin) for gtin in ("4006381333931", "0012345678905", "96385074", "73513537"))
STILL, SPARKLING, *OTHERS = PRODUCTS
CATEGORIES = {gtin: ("drinks", "water") for gtin in PRODUCTS}
Says = Callable[[Gtin, np.random.Generator], Gtin | None]


def photos(says: Says, slips: float = 0.03, number: int = 12, facings: int = 16, people: int = 3) -> list[list[Unit]]:
    """Photos of four products in turn, each labelled by people who slip now and then: a product, or a box left out."""
    rng = np.random.default_rng(7)
    found = []
    for photo in range(number):
        truth = [PRODUCTS[(photo + place) % 4] for place in range(facings)]
        answers = [
            [_facing(place, says(gtin, rng)) for place, gtin in enumerate(truth) if rng.random() >= slips]
            for _ in range(people)
        ]
        found.append(decisions(answers, CATEGORIES, [_facing(place, None) for place in range(facings)]))
    return found


def _facing(place: int, gtin: Gtin | None) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, 50.0 * place, 10, 50.0 * place + 40, 110, gtin)


def careful(gtin: Gtin, rng: np.random.Generator) -> Gtin | None:
    return Gtin(rng.choice(PRODUCTS)) if rng.random() < 0.03 else gtin


def guessing(gtin: Gtin, rng: np.random.Generator) -> Gtin | None:
    """Nobody can tell still from sparkling water by its front."""
    return Gtin(rng.choice([STILL, SPARKLING])) if gtin in (STILL, SPARKLING) else careful(gtin, rng)


def test_people_who_guess_between_two_products_are_a_no_go_that_names_the_two() -> None:
    found = judge_pilot(photos(guessing), Limits())
    assert found.verdict is Verdict.NO_GO
    (pair,) = found.confused
    assert (pair.boundary, {pair.one, pair.other}) == ("product", {STILL, SPARKLING})
    assert 0.4 < pair.confusion < 0.6


def test_people_who_slip_now_and_then_are_a_go() -> None:
    found = judge_pilot(photos(careful), Limits())
    assert (found.verdict, found.confused, found.weak) == (Verdict.GO, (), ())
    alpha = found.agreement["product"].alpha
    assert alpha is not None
    assert alpha > 0.85


def test_one_photo_that_people_see_otherwise_is_no_confused_pair() -> None:
    odd = [Unit("product", (STILL, SPARKLING, SPARKLING, STILL), (0, 0, 0, 0))]
    assert judge_pilot([odd, odd], Limits()).confused
    sure = [Unit("product", (STILL, STILL, STILL, STILL), (0, 0, 0, 0))]
    assert not judge_pilot([odd, sure], Limits()).confused


def test_a_boundary_at_which_people_do_not_agree_is_a_no_go() -> None:
    rng = np.random.default_rng(7)
    flags = [[Unit("occluded", tuple(rng.choice(["no", "yes"], 3)), (0, 0, 0)) for _ in range(9)] for _ in range(6)]
    found = judge_pilot(flags, Limits())
    assert (found.verdict, found.weak) == (Verdict.NO_GO, ("occluded",))
    assert judge_pilot(flags, Limits(least_agreement=-1, most_confusion=0.99)).verdict is Verdict.GO


def test_a_flag_that_few_boxes_have_may_slip() -> None:
    rare = [[Unit("occluded", ("no", "no", "no"), (0, 0, 0))] * 9 + [Unit("occluded", ("yes", "no", "no"), (0, 0, 0))]]
    found = judge_pilot(rare * 6, Limits())
    alpha = found.agreement["occluded"].alpha
    assert alpha is not None
    assert alpha < 0.1
    assert "occluded" not in found.weak
