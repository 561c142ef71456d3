"""How good a detector is: overall, per product and kind, and under every condition, with how sure that is."""

from training.evaluation.assessing import Evaluation, assess, evaluate
from training.evaluation.comparing import Found, compare
from training.evaluation.looking import Looking
from training.evaluation.naming import Knowledge, Naming
from training.evaluation.report import (
    FEWEST_BOXES,
    FEWEST_CAPTURES,
    Confusion,
    EvaluationReport,
    Figure,
    Measure,
    Score,
    WorstPhoto,
)

__all__ = [
    "FEWEST_BOXES",
    "FEWEST_CAPTURES",
    "Confusion",
    "Evaluation",
    "EvaluationReport",
    "Figure",
    "Found",
    "Knowledge",
    "Looking",
    "Measure",
    "Naming",
    "Score",
    "WorstPhoto",
    "assess",
    "compare",
    "evaluate",
]
