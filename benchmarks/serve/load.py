"""What was measured while clients kept a contestant busy."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ANSWERED = (200, 201)
REFUSED = 503
BROKEN = 0  # stands for an answer that never came


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it began and ended in seconds, and its status."""

    begin: float
    end: float
    status: int


@dataclass(frozen=True, slots=True)
class Load:
    """The answers that ended within a window of some seconds."""

    answers: Sequence[Answer]
    seconds: float

    @property
    def rate(self) -> float:
        """Photos answered per second."""
        return len(self._answered) / self.seconds

    @property
    def refused(self) -> int:
        """Photos refused because the service was full."""
        return self._counts[REFUSED]

    @property
    def errors(self) -> int:
        """Requests that were neither answered nor refused."""
        return len(self.answers) - len(self._answered) - self.refused

    def milliseconds(self, percentile: float) -> float:
        """Return a percentile of the time to answer, refusals left out; NaN if nothing was answered."""
        times = [answer.end - answer.begin for answer in self._answered]
        return float(np.percentile(times, percentile)) * 1000 if times else float("nan")

    @property
    def statuses(self) -> dict[str, int]:
        """Count the answers by HTTP status, the most frequent first; 0 stands for a connection that broke."""
        return {str(status): count for status, count in self._counts.most_common()}

    @property
    def _answered(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status in ANSWERED]

    @property
    def _counts(self) -> Counter[int]:
        return Counter(answer.status for answer in self.answers)
