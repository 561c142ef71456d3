import pytest

from sampling.reasons import value_reason


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            (12, 0.4, 0.2, 0.41, True, True),
            "12 boxes the model doubts; unlike anything labelled so far (distance 0.41)",
        ),
        (
            (1, 0.0, 0.937, 0.05, False, True),
            "1 box the model doubts (more to learn than in 93 % of the captures); "
            "a little unlike what is labelled so far (distance 0.05)",
        ),
        ((0, 0.0, 0.5, 2.0, True, False), "no box in much doubt; nothing is labelled yet"),
        (
            (2, 0.826, 0.75, 0.41, True, True),
            "2 boxes the model doubts, and with 83 % a wrong verdict (more to learn than in 75 % of the captures); "
            "unlike anything labelled so far (distance 0.41)",
        ),
    ],
)
def test_value_reason(arguments: tuple[int, float, float, float, bool, bool], sentence: str) -> None:
    assert value_reason(*arguments) == sentence
