"""How a part of the budget is spent: a recipe's shortlist, then the choice among it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sampling.choice.greedy import OBJECTIVES, Shortlist, greedy
from sampling.choice.known import Known
from sampling.choice.quotas import quotas, under_quotas
from sampling.choice.recipes import Recipe
from sampling.choice.similarity import Shown, coverage
from sampling.choice.typicality import typical_of_clusters
from sampling.rounds import RoundConfig
from sampling.signatures import Floats, Pool, Rows
from sampling.state import LoopState
from sampling.terms.term import Candidates, Term
from sampling.terms.weighing import Weighed, weigh

# A shortlist is compared pair by pair; larger budgets are spent in several passes.
_MOST = 4096
# What is to be unlike each other is chosen out of so many at least: the most valuable ones alone are all alike.
_LEAST = 2048
# Where choices are to stand for others, these are the whole pool up to so many captures, else a sample of it.
_WHOLE = 6144
_WITNESSES = 2048


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that a recipe chose.

    ``terms`` say what decided, beside the terms of its value; ``unlike`` whether what is known is far from it, None
    where that played no part.
    """

    row: int
    recipe: str
    terms: dict[str, float]
    unlike: bool | None


class Chooser:
    """Chooses captures of a gated pool, each only once."""

    def __init__(
        self,
        pool: Pool,
        state: LoopState,
        config: RoundConfig,
        terms: Sequence[Term],
        kept: Rows,
        worth: Floats,
        *,
        cold: bool,
    ) -> None:
        """Begin a round.

        Args:
            pool: n captures.
            state: what is known of the loop.
            config: of the round.
            terms: of the value, all of them.
            kept: rows that passed the near-duplicate gate.
            worth: (n,) value × cheapness by those terms that need no looks.
            cold: whether nothing is known about what a box teaches; then costs do not count either.
        """
        self.pool, self.costs, self.known, self.spent = pool, config.costs(pool), Known(pool, state, config.looks), 0.0
        self._state, self._config, self._terms, self._cold = state, config, terms, cold
        self._shuffled = np.random.default_rng(config.seed).permutation(kept)
        self._witnesses = np.sort(self._shuffled[: len(kept) if len(kept) <= _WHOLE else _WITNESSES])
        self._stands_for = len(kept) / max(len(self._witnesses), 1)  # captures per witness
        self._order = kept[np.argsort(-worth[kept], kind="stable")]
        self._open = np.zeros(len(pool), bool)
        self._open[kept] = True
        self._cheapest = float(self.costs[kept].min(initial=np.inf))
        self._quotas = quotas(self.costs[kept], pool.strata[kept], pool.strata_names, state.drifted)

    def left(self) -> Rows:
        """Return the rows that nothing took yet, the largest worth first."""
        return self._order[self._open[self._order]]

    def take(self, rows: Sequence[int] | Rows) -> None:
        """Take rows: they cost their part of the budget and are known from now on."""
        taken = np.asarray(rows, np.int64)
        self._open[taken] = False
        self.spent += float(self.costs[taken].sum())
        self.known.add(taken)

    def allowed(self, budget: float) -> Floats:
        """Return what each stratum may take of a budget, by its code."""
        return self._quotas * budget

    def weigh(self, rows: Rows) -> Weighed:
        """Weigh rows by all terms."""
        wanted = any(term.weight and term.reads_looks for term in self._terms)
        looks = self.known.looks([self.pool.ids[row] for row in rows]) if wanted else None
        return weigh(Candidates(self.pool, rows, self.costs[rows], self._state, looks), self._terms)

    def choose(
        self, recipe: Recipe, rows: Rows, budget: float, allowed: Floats | None = None, *, at_least_one: bool = False
    ) -> list[Chosen]:
        """Choose among ``rows`` until nothing fits; what is chosen is taken.

        Args:
            recipe: how.
            rows: some of those left, the largest worth first.
            budget: most that the choices may cost together.
            allowed: what each stratum may take, by its code, less afterwards; exceeded by its last choice at most. None
                for no quotas.
            at_least_one: choose one even if none fits.
        """
        allowed = np.full(len(self._quotas), np.inf) if allowed is None else allowed
        chosen: list[Chosen] = []
        while budget >= self._cheapest or (at_least_one and not chosen):
            rows = rows[self._open[rows]]
            fitting = rows[(self.costs[rows] <= budget) & (allowed[self.pool.strata[rows]] > 0)]
            alone = at_least_one and not chosen and not len(fitting)
            found = self._pass(recipe, rows if alone else fitting, budget, allowed, alone)
            taken = np.array([one.row for one in found], np.int64)
            self.take(taken)
            chosen += found
            budget -= float(self.costs[taken].sum())
            np.subtract.at(allowed, self.pool.strata[taken], self.costs[taken])
            if alone or not found or recipe.spread == "typicality":
                break
        return chosen

    def _pass(self, recipe: Recipe, rows: Rows, budget: float, allowed: Floats, alone: bool) -> list[Chosen]:
        if not len(rows):
            return []
        if recipe.spread == "typicality" and not alone:
            return self._typical(recipe, np.sort(rows), budget, allowed)
        listed, spend = self._listed(recipe, rows, budget)
        steps = greedy(self._shortlist(recipe, listed), OBJECTIVES[recipe.spread], spend, allowed, at_least_one=alone)
        return [
            Chosen(int(listed[step.row]), recipe.name, {"gain": step.gain, "similarity": step.similarity}, step.unlike)
            for step in steps
        ]

    def _listed(self, recipe: Recipe, rows: Rows, budget: float) -> tuple[Rows, float]:
        """Return the rows to compare, in ascending order, and how much of the budget to spend on them."""
        factor = self._config.shortlist_factor
        least = 0 if recipe.spread == "none" else _LEAST
        if recipe.by_value:
            worth = max(factor * budget, float(self.costs[rows[:least]].sum()))
            listed = under_quotas(rows, self.costs, self.pool.strata, self._quotas, worth)
        else:
            among = np.zeros(len(self.pool), bool)
            among[rows] = True
            shuffled = self._shuffled[among[self._shuffled]]  # so that witnesses are compared with each other
            before = np.cumsum(self.costs[shuffled]) - self.costs[shuffled]
            listed = shuffled[: max(least, int((before < factor * budget).sum()))]
        if len(listed) <= _MOST:
            return np.sort(listed), budget
        listed = np.sort(listed[:_MOST])
        return listed, min(budget, float(self.costs[listed].sum()) / factor)

    def _shortlist(self, recipe: Recipe, rows: Rows) -> Shortlist:
        witnesses = np.setdiff1d(self._witnesses, rows) if recipe.spread == "coverage" else rows[:0]
        all, count = np.concatenate([rows, witnesses]), len(rows)
        weighed, shown = self.weigh(all), self.known.shown(all)
        values = weighed.values if recipe.by_value and weighed.values.any() else np.ones(len(all))
        return Shortlist(
            values=values * np.where(np.arange(len(all)) < count, 1.0, self._stands_for),
            cheapness=np.ones(count) if self._cold else weighed.cheapness[:count],
            costs=self.costs[rows],
            coverage=coverage(Shown(shown.vectors[:count], shown.looks[:count]), shown),
            known=self.known.stands_for(all),
            strata=self.pool.strata[rows],
        )

    def _typical(self, recipe: Recipe, rows: Rows, budget: float, allowed: Floats) -> list[Chosen]:
        found = typical_of_clusters(self.pool.vectors, rows, self.costs, self.known.vectors, budget, self._config.seed)
        left, chosen = allowed.copy(), list[Chosen]()
        for one in found:
            stratum = self.pool.strata[one.row]
            if left[stratum] > 0:
                left[stratum] -= self.costs[one.row]
                terms = {"typicality": one.typicality, "cluster_share": one.share}
                chosen.append(Chosen(one.row, recipe.name, terms, None))
        return chosen
