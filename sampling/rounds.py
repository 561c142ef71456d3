"""What a round is asked for, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sampling.choice.recipes import PRIOR, RECIPES
from sampling.gate.near_duplicates import DEFAULT_SIMILARITY, NearDuplicates
from sampling.signatures import Floats, Pool
from sampling.terms.weights import TermWeights

Arm = Literal["value", "random", "support", "event"]
ADAPTIVE = "adaptive"

# What every database and JSON reader can hold as an integer; also keeps infinity out.
_MOST = 2**31 - 1


class EmptyPool(ValueError):
    """There is no capture to pick from."""


class RoundConfig(BaseModel):
    """How a round picks; the budget is in boxes or in annotator seconds, exactly one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    boxes: int | None = Field(None, ge=1, le=_MOST, description="budget in predicted boxes")
    seconds: float | None = Field(None, gt=0, le=_MOST, description="budget in modelled annotator seconds")
    random_share: float = Field(0.15, ge=0, le=1, description="share of the budget for the random control arm")
    support_share: float = Field(
        0.1, ge=0, le=1, description="share of the budget for strata with too few labelled captures"
    )
    support_captures: int = Field(
        20, ge=0, le=_MOST, description="labelled captures from which on a stratum has enough; more where it drifted"
    )
    event_share: float = Field(
        0.1, ge=0, le=1, description="share of the budget for bays whose planogram was reset since they were labelled"
    )
    terms: TermWeights = Field(TermWeights(), description="weights of the terms of a capture's value")
    looks: bool = Field(
        False,
        description="whether captures are compared look by look, each with looks of its class, instead of by their "
        "image vectors",
    )
    recipe: str = Field(
        ADAPTIVE, description=f"how the rest of the budget is spent: {ADAPTIVE}, or one of {', '.join(RECIPES)}"
    )
    recipe_shares: dict[str, float] | None = Field(
        None, description="what each recipe gets of that rest where it is adaptive; by default what evidence says"
    )
    near_duplicate_similarity: float = Field(DEFAULT_SIMILARITY, gt=0, le=1, description="cosine similarity")
    seed: int = Field(0, ge=0, le=_MOST, description="combined with the pool's digest, so another pool draws afresh")
    shortlist_factor: float = Field(
        4, ge=1, le=_MOST, description="how many budgets' worth of captures the greedy step sees"
    )

    @model_validator(mode="after")
    def _one_budget(self) -> "RoundConfig":
        if (self.boxes is None) == (self.seconds is None):
            raise ValueError("give the budget as boxes or as seconds, exactly one of them")
        return self

    @model_validator(mode="after")
    def _known_recipes(self) -> "RoundConfig":
        if unknown := {self.recipe, *(self.recipe_shares or ())} - {ADAPTIVE, *RECIPES}:
            raise ValueError(f"unknown recipe {min(unknown)!r}: choose {ADAPTIVE} or one of {', '.join(RECIPES)}")
        shares = self.recipe_shares
        if shares is not None and (min(shares.values(), default=0) < 0 or not 0 < sum(shares.values()) < _MOST):
            raise ValueError("recipe_shares must be 0 or more, and not all 0")
        return self

    @property
    def budget(self) -> float:
        """The budget in its own unit."""
        return float(self.boxes if self.boxes is not None else self.seconds or 0)

    @property
    def shares(self) -> Mapping[str, float]:
        """The share of each recipe in the value arm; they sum to 1."""
        if self.recipe != ADAPTIVE:
            return {self.recipe: 1.0}
        shares = self.recipe_shares or PRIOR
        return {name: share / sum(shares.values()) for name, share in shares.items()}

    def costs(self, pool: Pool) -> Floats:
        """Return what each capture costs in the budget's unit, (n,); one without boxes is one box: looking is work."""
        return np.maximum(pool.boxes, 1).astype(np.float64) if self.boxes is not None else pool.seconds


@dataclass(frozen=True, slots=True)
class Pick:
    """One capture to label.

    Attributes:
        rank: order of labelling within the round, from 1; the arms are interleaved, so that a batch labelled
            in part keeps their shares.
        propensity: chance of every gated capture to be drawn, for random picks only.
        terms: what each term multiplied the value by, under its name: its factor to the power of its weight, so 1 where
            it is off; ``value``, their product without the cost; ``value_rank``, 0..1 among the gated pool by what is
            known without looks; ``boxes``, ``seconds``; where one was chosen by comparison also ``gain`` and
            ``similarity`` (to the nearest of what was labelled or picked by then, 0..1).
        reason: one sentence for annotators.
        recipe: which one chose it, for picks of the value arm only.
    """

    capture_id: str
    arm: Arm
    rank: int
    propensity: float | None
    terms: dict[str, float]
    reason: str
    recipe: str | None = None


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A round's batch in order of labelling, with all that a replay needs to prove that it is the same round.

    ``notes`` say what the round had to do without.
    """

    picks: tuple[Pick, ...]
    near_duplicates: NearDuplicates
    pool_digest: str
    config: RoundConfig
    notes: tuple[str, ...] = ()


def interleaved(arms: Sequence[Sequence[Pick]]) -> tuple[Pick, ...]:
    """Merge arms, each in its own order, spread evenly; ranks count from 1."""
    spread = [((place + 0.5) / len(picks), pick) for picks in arms for place, pick in enumerate(picks)]
    ordered = [pick for _, pick in sorted(spread, key=lambda entry: entry[0])]
    return tuple(replace(pick, rank=rank) for rank, pick in enumerate(ordered, start=1))
