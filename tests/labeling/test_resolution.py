from labeling.quality.resolution import Advice, Limit, Look, advise


def looks(side: float, right: int, wrong: int) -> list[Look]:
    return [Look(side, True)] * right + [Look(side, False)] * wrong


def test_large_facings_are_told_apart_so_come_closer() -> None:
    people = looks(20, 10, 10) + looks(30, 9, 8) + looks(60, 20, 0) + looks(90, 19, 1)
    found = advise(people, [])
    assert (found.advice, found.side) == (Advice.CLOSER_PHOTO, 60)
    assert found.people == 58 / 77


def test_confused_at_every_size_so_merge() -> None:
    assert advise(looks(20, 10, 10) + looks(90, 11, 9), looks(50, 12, 8)).advice is Advice.MERGE


def test_the_model_can_and_people_cannot_so_a_rule_is_missing() -> None:
    assert advise(looks(50, 10, 10), looks(50, 19, 1)) == Limit(Advice.RULE, None, 0.5, 0.95)


def test_people_can_and_the_model_cannot_so_label_more() -> None:
    assert advise(looks(50, 20, 0), looks(50, 5, 15)).advice is Advice.MORE_LABELS


def test_both_can() -> None:
    assert advise(looks(50, 20, 0), looks(50, 20, 0)).advice is Advice.FINE


def test_too_few_to_say() -> None:
    assert advise([], []) == Limit(Advice.WAIT, None, None, None)
    assert advise(looks(50, 2, 7), looks(50, 100, 0)) == Limit(Advice.WAIT, None, 2 / 9, 1)
