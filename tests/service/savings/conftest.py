"""Rounds that were labelled, measured with fewer bootstrap samples than in earnest."""

from functools import partial

import pytest

from sampling.evidence.recipe_evidence import recipe_losses
from sampling.evidence.savings import measure_saving
from service.context import Context
from service.savings import evidence
from tests.service.savings.labelled_rounds import Rounds


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "measure_saving", partial(measure_saving, resamples=20))
    monkeypatch.setattr(evidence, "recipe_losses", partial(recipe_losses, resamples=20))


@pytest.fixture
def rounds(context: Context) -> Rounds:
    return Rounds(context)
