"""Which terms count, and how much."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sampling.terms.cost import Cost
from sampling.terms.difficulty import Difficulty
from sampling.terms.drift import Drift
from sampling.terms.flip import Flip
from sampling.terms.novelty import Novelty
from sampling.terms.redundancy import Redundancy
from sampling.terms.term import Term
from sampling.terms.uncertainty import Uncertainty

Weight = Annotated[float, Field(ge=0, le=4)]


class TermWeights(BaseModel):
    """Exponents of the terms; 0 switches one off, 1 takes it as it is, 2 lets it count twice.

    On by default are uncertainty, which saved boxes in the ablation of `benchmarks.labels`, and cost, which is nothing
    but arithmetic; no studied set has verdicts, so nothing is known of `flip`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uncertainty: Weight = Field(1, description="how unsure the model is of what the capture shows")
    redundancy: Weight = Field(0, description="less for looks that repeat within the capture")
    difficulty: Weight = Field(0, description="more for classes that the model finds hard")
    novelty: Weight = Field(0, description="up to twice as much for products with few labels or none")
    drift: Weight = Field(0, description="up to twice as much, or half, for strata seen more often than labelled")
    flip: Weight = Field(0, description="up to twice as much the likelier one of its verdicts flips")
    cost: Weight = Field(1, description="less where a facing takes more to label")


def terms_of(weights: TermWeights) -> tuple[Term, ...]:
    """Return the terms of a capture's value; the cost, which is no part of it, is the last one."""
    return (
        Uncertainty(weights.uncertainty),
        Redundancy(weights.redundancy),
        Difficulty(weights.difficulty),
        Novelty(weights.novelty),
        Drift(weights.drift),
        Flip(weights.flip),
        Cost(weights.cost),
    )
