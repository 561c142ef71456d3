"""What a training set lacks against what cameras send, and which photos to get next, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from sampling.coverage import THIN

# A fifth of what is labelled validates, and the gate judges a stratum by 5 captures or more.
WANTED_LEAST, WANTED_MOST = 25, 100
# Of what cameras send; what is less may be chance, and so may be a little more where that is fewer than THIN captures.
_STRAY_SHARE, _STRAY_SHARE_OF_FEW = 0.005, 0.05
_LESS_THAN_ITS_SHARE = 0.5
_ENOUGH_LIVE = 20  # captures, for a share to be compared


class Standing(IntEnum):
    """How a stratum stands in the training set; what comes first is more urgent."""

    NEVER_TRAINED = 0
    THIN = 1
    LESS_THAN_ITS_SHARE = 2
    OUTDATED = 3  # most of what it was learnt from shows a layout that is gone
    STRAY = 4  # never trained, and hardly ever sent
    COVERED = 5

    @property
    def words(self) -> str:
        """The standing as it is said to programs and people."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Stratum:
    """What is known of one stratum.

    Attributes:
        name: lighting/angle/format.
        live: captures that cameras sent lately.
        trained: captures that the serving model was trained on.
        outdated: of those, how many show a bay whose layout has changed since.
        labelled: captures that are labelled, and not in its training set.
        queued: captures in tasks that wait for labels.
        pool: captures nobody picked.
        stores: that sent most of the live ones, the first one most.
    """

    name: str
    live: int
    trained: int
    outdated: int = 0
    labelled: int = 0
    queued: int = 0
    pool: int = 0
    stores: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The stratum as it is said to people."""
        lighting, angle, store_format = self.name.split("/")
        return f"{lighting} light, {angle}, {store_format}"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about one stratum.

    Attributes:
        stratum: lighting/angle/format.
        standing: why.
        action: ``retrain`` (labels are there), ``label`` (tasks are), ``round`` (photos are) or ``collect``.
        captures: how many to label, or to collect; 0 to retrain.
        words: all of it, for people.
    """

    stratum: str
    standing: Standing
    action: str
    captures: int
    words: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The strata of live captures and of a training set, compared.

    Attributes:
        strata: all of them, as they were counted.
        days: how long "lately" is.
    """

    strata: tuple[Stratum, ...]
    days: int

    @property
    def live(self) -> int:
        """Captures that cameras sent lately."""
        return sum(one.live for one in self.strata)

    @property
    def trained(self) -> int:
        """Captures that the serving model was trained on."""
        return sum(one.trained for one in self.strata)

    def standing(self, stratum: Stratum) -> Standing:
        """Return how a stratum stands."""
        if not stratum.live:
            return Standing.COVERED
        share = stratum.live / self.live
        if share < (_STRAY_SHARE_OF_FEW if stratum.live < THIN else _STRAY_SHARE):
            return Standing.COVERED if stratum.trained else Standing.STRAY
        if not stratum.trained:
            return Standing.NEVER_TRAINED
        if stratum.trained < THIN:
            return Standing.THIN
        fair = _LESS_THAN_ITS_SHARE * share * self.trained
        if stratum.live >= _ENOUGH_LIVE and stratum.trained < min(fair, WANTED_MOST):
            return Standing.LESS_THAN_ITS_SHARE
        return Standing.OUTDATED if 2 * stratum.outdated > stratum.trained else Standing.COVERED

    def wanted(self, stratum: Stratum) -> int:
        """Return how many captures of a stratum more a training set should have: its share, within bounds."""
        fair = round(stratum.live / self.live * self.trained) if self.live else 0
        return max(0, min(max(fair, WANTED_LEAST), WANTED_MOST) - stratum.trained + stratum.outdated)

    def advice(self) -> tuple[Advice, ...]:
        """Return what to do, the most urgent first: by standing, then by how much cameras send of it."""
        found = [(self.standing(one), one) for one in self.strata]
        urgent = sorted(
            ((standing, one) for standing, one in found if standing != Standing.COVERED),
            key=lambda pair: (pair[0], -pair[1].live, pair[1].name),
        )
        return tuple(self._advice(standing, one) for standing, one in urgent)

    def sentence(self) -> str:
        """Say the first thing that is to be known."""
        if not self.live:
            return f"No capture came in the last {self.days} days: there is nothing to compare the training set with."
        urgent = self.advice()
        if not urgent:
            return f"Everything that cameras sent in the last {self.days} days is well in the training set."
        more = f" {len(urgent) - 1} more below." if len(urgent) > 1 else ""
        return f"{urgent[0].words}{more}"

    def _advice(self, standing: Standing, one: Stratum) -> Advice:
        action, captures, to_do = _next_step(one, self.wanted(one))
        share = one.live / self.live
        sent = f"{share:.0%}" if share >= 0.01 else "under 1%"
        lately = f"{sent} of what cameras send ({_captures(one.live)} in {self.days} days)"
        words = f"{one.words}: {lately}; {_why(standing, one)}."
        return Advice(one.name, standing, action, captures, f"{words[0].upper()}{words[1:]} {to_do}")


def audit(strata: Iterable[Stratum], days: int) -> Audit:
    """Compare strata, in the order of their names; `days` is how long "lately" is."""
    return Audit(tuple(sorted(strata, key=lambda one: one.name)), days)


def _why(standing: Standing, one: Stratum) -> str:
    if standing in (Standing.NEVER_TRAINED, Standing.STRAY):
        return "the serving model was trained on none"
    if standing == Standing.OUTDATED:
        return f"{one.outdated} of the {one.trained} it was trained on show bays whose layout has changed since"
    return f"the serving model was trained on {'only ' if standing == Standing.THIN else ''}{one.trained}"


def _next_step(one: Stratum, wanted: int) -> tuple[str, int, str]:
    """Return action, captures and words: the cheapest step that gives a training set what it lacks."""
    if one.labelled >= wanted:
        return "retrain", 0, f"{one.labelled} more {_are(one.labelled)} labelled already: retrain."
    missing = wanted - one.labelled
    if one.queued >= missing:
        return "label", missing, f"{one.queued} {_are(one.queued)} in tasks: have {missing} labelled, then retrain."
    missing -= one.queued
    if one.pool >= missing:
        there = f"{one.pool} {_are(one.pool)} in the pool"
        return "round", missing, f"{there}: start a round; {missing} labelled would do."
    lacking = missing - one.pool
    where = f", for example in {' and '.join(one.stores)}" if one.stores else ""
    there = f"{one.pool or 'None'} {_are(one.pool or 1)} in the pool"
    return "collect", lacking, f"{there}: collect {lacking} more {'photo' if lacking == 1 else 'photos'}{where}."


def _captures(count: int) -> str:
    return f"{count:,} {'capture' if count == 1 else 'captures'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
