import pytest

from sampling.reasons import support_reason, value_reason

PLAIN = {"novelty": 1.0, "difficulty": 1.0, "drift": 1.0, "flip": 1.0, "value_rank": 0.2, "similarity": 0.59}


@pytest.mark.parametrize(
    ("doubted", "flip", "terms", "unlike", "known", "sentence"),
    [
        (
            12,
            0.4,
            {"flip": 1.4},
            True,
            True,
            "12 boxes the model doubts; unlike anything labelled so far (likeness 0.59)",
        ),
        (
            1,
            0.0,
            {"value_rank": 0.937, "similarity": 0.954},
            False,
            True,
            "1 box the model doubts (more to learn than in 93 % of the captures); "
            "a little unlike what is labelled so far (likeness 0.95)",
        ),
        (0, 0.0, {"value_rank": 0.5}, True, False, "no box in much doubt; nothing is labelled yet"),
        (
            2,
            0.826,
            {"flip": 1.826, "novelty": 1.9, "difficulty": 1.1, "drift": 2.0},
            True,
            True,
            "2 boxes the model doubts, and with 83 % a wrong verdict, products with few labels or none, products that "
            "the model finds hard, a condition seen more often than labelled; "
            "unlike anything labelled so far (likeness 0.59)",
        ),
        (2, 0.826, {}, True, False, "2 boxes the model doubts; nothing is labelled yet"),  # the term is off
        (
            9,
            0.0,
            {"cluster_share": 0.124},
            None,
            True,
            "typical of 12 % of the captures, of which few are labelled or none",
        ),
        (
            9,
            0.0,
            {"cluster_share": 0.002},
            None,
            True,
            "typical of under 1 % of the captures, of which few are labelled or none",
        ),
    ],
)
def test_value_reason(
    doubted: int, flip: float, terms: dict[str, float], unlike: bool | None, known: bool, sentence: str
) -> None:
    assert value_reason(doubted, flip, PLAIN | terms, unlike, known, by_value=True) == sentence


def test_where_the_value_had_no_say() -> None:
    sentence = "stands for many captures that nothing labelled is like; unlike anything labelled so far (likeness 0.59)"
    assert value_reason(7, 0.0, PLAIN, True, True, by_value=False) == sentence


@pytest.mark.parametrize(
    ("labelled", "sentence"),
    [
        (0, "the condition dim, steep, kiosk needs labels: no label so far"),
        (1, "the condition dim, steep, kiosk needs labels: only 1 of its captures is labelled so far"),
        (7, "the condition dim, steep, kiosk needs labels: only 7 of its captures are labelled so far"),
    ],
)
def test_support_reason(labelled: int, sentence: str) -> None:
    assert support_reason("dim/steep/kiosk", labelled) == sentence
