from collections.abc import Sequence

import pytest

from retail.actions import ActionKind, StaffAction, list_actions
from retail.compliance import Compliance, PositionVerdict, SeenFacing, Sighting, Verdict
from retail.gtin import Gtin
from retail.planograms import Planogram, Position

OAT, COLA, SOAP = Gtin("05400000000011"), Gtin("05400000000028"), Gtin("05400000000035")
NAMES = {OAT: "Oat Milk 1 l", COLA: "Cola 0.33 l"}


def test_an_empty_place_is_refilled_before_a_thin_one() -> None:
    thin, empty = Position(1, 1, OAT, wide=4), Position(2, 4, COLA, wide=2)
    bay = _bay(
        [
            _judged(thin, Verdict.CORRECT, 1.0, facings=(0,)),
            _judged(empty, Verdict.OUT_OF_STOCK, 0.9),
        ],
        [_facing(OAT, Verdict.CORRECT, thin)],
    )
    assert list_actions(bay, NAMES) == (
        # 3 of 4 are missing: 3 facings, of which three quarters sell nothing
        StaffAction(
            ActionKind.REFILL,
            "Refill Oat Milk 1 l on shelf 1, position 1: 1 of 4 facings.",
            3 * 3 / 4,
            OAT,
            1.0,
            thin,
        ),
        StaffAction(
            ActionKind.REFILL,
            "Refill Cola 0.33 l on shelf 2, position 4: 0 of 2 facings.",
            2 * 0.9,
            COLA,
            0.9,
            empty,
        ),
    )


def test_one_missing_facing_of_many_is_worth_less_than_an_empty_place() -> None:
    thin, empty = Position(1, 1, OAT, wide=4), Position(2, 4, COLA)
    bay = _bay(
        [_judged(thin, Verdict.CORRECT, 1.0, facings=(0, 1, 2)), _judged(empty, Verdict.OUT_OF_STOCK, 0.6)],
        [_facing(OAT, Verdict.CORRECT, thin)] * 3,
    )
    assert [action.position for action in list_actions(bay, NAMES)] == [empty, thin]


def test_a_facing_in_doubt_is_not_refilled() -> None:
    place = Position(1, 1, OAT, wide=2)
    bay = _bay(
        [_judged(place, Verdict.CORRECT, 1.0, facings=(0, 1))],
        [_facing(OAT, Verdict.CORRECT, place), _facing(None, Verdict.UNDECIDED, None)],
    )
    assert list_actions(bay, NAMES) == ()


def test_a_move_says_where_from_and_where_to() -> None:
    home, other = Position(2, 4, OAT, wide=2), Position(3, 1, COLA)
    bay = _bay(
        [
            _judged(home, Verdict.WRONG_SHELF, 0.9, elsewhere=(0, 1)),
            _judged(other, Verdict.OUT_OF_STOCK, 0.5, facings=(0,)),
        ],
        [
            _facing(OAT, Verdict.WRONG_SHELF, home, shelf=3, probability=0.75),
            _facing(OAT, Verdict.WRONG_SHELF, home, shelf=5),
        ],
    )
    assert _texts(bay) == [
        "Refill Cola 0.33 l on shelf 3, position 1: 0 of 1 facing.",
        "Move Oat Milk 1 l to shelf 2, position 4, from shelf 5.",
        "Move Oat Milk 1 l to shelf 2, position 4, from shelf 3, position 1.",
    ]
    assert [action.facings for action in list_actions(bay, NAMES)] == [(), (1,), (0,)]


def test_a_move_along_a_shelf_says_so() -> None:
    home = Position(2, 4, OAT)
    bay = _bay(
        [_judged(home, Verdict.WRONG_POSITION, 1.0, elsewhere=(0,))],
        [_facing(OAT, Verdict.WRONG_POSITION, home, shelf=2)],
    )
    assert _texts(bay) == ["Move Oat Milk 1 l to shelf 2, position 4, from elsewhere on that shelf."]


def test_a_stray_facing_is_moved_and_not_refilled_beside() -> None:
    home = Position(2, 4, OAT, wide=2)
    bay = _bay(
        [_judged(home, Verdict.CORRECT, 1.0, facings=(0,), elsewhere=(1,))],
        [_facing(OAT, Verdict.CORRECT, home, shelf=2), _facing(OAT, Verdict.WRONG_SHELF, home, shelf=1)],
    )
    assert _texts(bay) == ["Move Oat Milk 1 l to shelf 2, position 4, from shelf 1."]


def test_strangers_of_one_product_at_one_place_are_removed_together() -> None:
    home = Position(1, 1, OAT)
    bay = _bay(
        [_judged(home, Verdict.CORRECT, 1.0, facings=(0,))],
        [
            _facing(OAT, Verdict.CORRECT, home),
            _facing(SOAP, Verdict.UNEXPECTED, None, shelf=2),
            _facing(None, Verdict.UNEXPECTED, None, shelf=2),
            _facing(SOAP, Verdict.UNEXPECTED, None, shelf=2),
        ],
    )
    assert _texts(bay) == [
        f"Remove {SOAP} from shelf 2 (2 facings): the planogram has it nowhere in this bay.",
        "Remove the unknown product from shelf 2: the planogram has it nowhere in this bay.",
    ]


@pytest.mark.parametrize(
    ("chances", "texts"),
    [
        (
            {Verdict.CORRECT: 0.4, Verdict.OUT_OF_STOCK: 0.35, Verdict.WRONG_SHELF: 0.25},
            ["Check shelf 1, position 1: Oat Milk 1 l may be out of stock."],
        ),
        (
            {Verdict.CORRECT: 0.3, Verdict.OUT_OF_STOCK: 0.3, Verdict.WRONG_SHELF: 0.4},
            ["Check shelf 1, position 1: Oat Milk 1 l may be on another shelf."],
        ),
        ({Verdict.CORRECT: 0.7, Verdict.OUT_OF_STOCK: 0.3}, []),
    ],
)
def test_a_doubt_is_checked_where_something_is_probably_wrong(chances: dict[Verdict, float], texts: list[str]) -> None:
    doubt = PositionVerdict(Position(1, 1, OAT), Verdict.UNDECIDED, max(chances.values()), chances, in_view=True)
    assert _texts(_bay([doubt], [])) == texts


def test_the_value_of_a_check_grows_with_the_place() -> None:
    chances = {Verdict.CORRECT: 0.4, Verdict.OUT_OF_STOCK: 0.6}
    doubts = [
        PositionVerdict(Position(1, slot, OAT, wide=wide), Verdict.UNDECIDED, 0.6, chances, in_view=True)
        for slot, wide in [(1, 1), (2, 3)]
    ]
    found = list_actions(_bay(doubts, []), NAMES)
    assert [action.position for action in found] == [doubts[1].position, doubts[0].position]
    assert [action.value for action in found] == pytest.approx([1.8, 0.6])


def test_what_no_photo_shows_asks_for_nothing() -> None:
    hidden = PositionVerdict(Position(1, 1, OAT), Verdict.UNDECIDED, 0.5, {Verdict.OUT_OF_STOCK: 1.0}, in_view=False)
    assert list_actions(_bay([hidden], []), NAMES) == ()


def test_a_photo_of_another_bay_asks_for_nothing() -> None:
    empty = _judged(Position(1, 1, OAT), Verdict.OUT_OF_STOCK, 1.0)
    bay = _bay([empty], [])
    assert len(list_actions(bay, NAMES)) == 1
    assert list_actions(_bay([empty], [], fits=False), NAMES) == ()


def test_refills_come_before_moves_before_removals_before_checks() -> None:
    places = [Position(1, slot, OAT) for slot in range(1, 4)]
    doubt = PositionVerdict(places[2], Verdict.UNDECIDED, 0.0, {Verdict.OUT_OF_STOCK: 1.0}, in_view=True)
    bay = _bay(
        [
            doubt,
            _judged(places[1], Verdict.WRONG_POSITION, 1.0, elsewhere=(1,)),
            _judged(places[0], Verdict.OUT_OF_STOCK, 0.1),
        ],
        [_facing(SOAP, Verdict.UNEXPECTED, None), _facing(OAT, Verdict.WRONG_POSITION, places[1])],
    )
    assert [action.kind for action in list_actions(bay, NAMES)] == list(ActionKind)


def _texts(bay: Compliance) -> list[str]:
    return [action.text for action in list_actions(bay, NAMES)]


def _bay(positions: Sequence[PositionVerdict], facings: Sequence[SeenFacing], fits: bool = True) -> Compliance:
    planogram = Planogram("dairy", 1, tuple(one.position for one in positions))
    return Compliance(planogram, tuple(positions), tuple(facings), fits=fits)


def _judged(
    position: Position,
    verdict: Verdict,
    probability: float,
    facings: tuple[int, ...] = (),
    elsewhere: tuple[int, ...] = (),
) -> PositionVerdict:
    return PositionVerdict(position, verdict, probability, {verdict: probability}, True, facings, elsewhere)


def _facing(
    gtin: Gtin | None, verdict: Verdict, position: Position | None, shelf: int = 1, probability: float = 1.0
) -> SeenFacing:
    return SeenFacing((Sighting(0, 0),), shelf, gtin, probability, verdict, position)
