from labeling.quality.boundaries import Unit
from labeling.quality.disagreements import Pair, confused_pairs


def unit(*words: str | None) -> Unit:
    return Unit("product", words, (0,) * len(words))


def test_the_most_confused_pair_comes_first() -> None:
    units = [unit("a", "b"), unit("b", "a"), unit("a", "a"), unit("c", "b"), unit("b", "b", "b"), unit("c", None)]
    assert confused_pairs(units) == [
        Pair("product", "a", "b", apart=2, together=4),
        Pair("product", "b", "c", apart=1, together=3),
    ]
    assert confused_pairs(units)[0].confusion == 1 / 3
    assert confused_pairs(units, fewest=3) == []


def test_three_people_are_three_pairs() -> None:
    assert confused_pairs([unit("a", "a", "b")]) == [Pair("product", "a", "b", apart=2, together=1)]
