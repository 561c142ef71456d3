"""Which rule is missing: where people differ, what the guideline says about it, and pieces of photos that show it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from labeling.guidelines import Guideline, Rule, changes_between
from labeling.quality.boundaries import CANNOT_TELL, NOTHING, PRODUCT, THERE, Boundary, Categories, Unit
from labeling.quality.disagreements import Pair, confused_pairs
from service.guidelines.altering import prefixes
from service.guidelines.crops import box_of, crops_of
from service.guidelines.pilots import named
from service.guidelines.schemas_pilots import ConfusedPair
from service.guidelines.schemas_reports import CropAnswer, MissingRule, MissingRulesAnswer, RuleHint
from service.guidelines.versions import in_force, read_version
from service.quality.together import Together, read_together

FEWEST = 3  # pairs of people that differed: fewer are slips
_WORDS = {CANNOT_TELL: "cannot tell", THERE: "a box", NOTHING: "no box"}
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Evidence:
    """What several people drew, and of their decisions those that today's rules were known for."""

    guideline: Guideline
    together: Sequence[tuple[Together, Sequence[Unit]]]

    @property
    def units(self) -> list[Unit]:
        """All decisions."""
        return [unit for _, units in self.together for unit in units]

    def categories_of(self, pair: Pair) -> set[str]:
        """Return the leaf categories of the products of a pair."""
        known: dict[str, tuple[str, ...]] = {}
        for one, _ in self.together:
            known |= _by_word(one.categories)
        return {"/".join(known[word]) for word in (pair.one, pair.other) if word in known}


def read_evidence(session: Session) -> Evidence:
    """Return what the newest tasks say that several people labelled.

    Decisions at a boundary one of whose rules changed since are left out: they say nothing about today's rule.
    """
    guideline = in_force(session)
    outdated: dict[int, set[Boundary]] = {}
    kept = []
    for one in read_together(session):
        versions = {drawn.guideline_version for drawn in one.drawn}
        for version in versions - outdated.keys():
            outdated[version] = _changed_since(session, version, guideline)
        gone = set().union(*(outdated[version] for version in versions))
        kept.append((one, [unit for unit in one.units if not _finer(unit) and gone.isdisjoint(_named(unit, one))]))
    return Evidence(guideline, kept)


def missing_rules(session: Session, limit: int) -> MissingRulesAnswer:
    """Return the pairs of answers that people differ about most, with what the guideline says and with pictures."""
    evidence = read_evidence(session)
    pairs = confused_pairs(evidence.units, FEWEST)[:limit]
    found = [_missing(evidence, pair, answer) for pair, answer in zip(pairs, named(session, pairs), strict=True)]
    found.sort(key=lambda one: not one.missing)  # stable: the most often confused stay first
    return MissingRulesAnswer(
        guideline_version=evidence.guideline.version, compared=len(evidence.together), rules=found
    )


def _missing(evidence: Evidence, pair: Pair, answer: ConfusedPair) -> MissingRule:
    rules, deciding = _rules_about(evidence, pair)
    names = {**_WORDS, pair.one: answer.one_name, pair.other: answer.other_name}

    def agreed(word: str) -> list[CropAnswer]:
        return _crops(evidence, pair, {word}, names)

    examples, counter_examples = agreed(pair.one), agreed(pair.other)
    return MissingRule(
        pair=answer,
        missing=not deciding,
        rules=[RuleHint(id=rule.id, text=rule.text) for rule in rules],
        suggested=_suggested(evidence, pair, answer, examples, counter_examples),
        examples=examples,
        counter_examples=counter_examples,
        disputed=_crops(evidence, pair, {pair.one, pair.other}, names),
    )


def _rules_about(evidence: Evidence, pair: Pair) -> tuple[list[Rule], bool]:
    """Return the rules about a pair's boundary, and whether one of them is meant for just this pair.

    Which product it is, a rule for all products does not decide: only one for the category of the two.
    """
    about = [rule for rule in evidence.guideline.rules if _family(rule.boundary) == pair.boundary]
    if pair.boundary != PRODUCT or CANNOT_TELL in (pair.one, pair.other):
        return about, bool(about)
    above = {path for leaf in evidence.categories_of(pair) for path in prefixes(leaf.split("/"))}
    meant = [rule for rule in about if _is_meant_for(rule, above)]
    return [*meant, *(rule for rule in about if rule.boundary == PRODUCT and rule not in meant)], bool(meant)


def _is_meant_for(rule: Rule, categories: set[str]) -> bool:
    finer = rule.boundary.partition(":")[2]
    return finer in categories or not categories.isdisjoint(rule.categories)


def _crops(evidence: Evidence, pair: Pair, words: set[str], names: Mapping[str, str]) -> list[CropAnswer]:
    def fits(unit: Unit) -> bool:
        said = [word for word in unit.said if word is not None]
        return unit.boundary == pair.boundary and len(said) > 1 and words <= set(said) <= words

    return crops_of(evidence.together, fits, names)


def _suggested(
    evidence: Evidence,
    pair: Pair,
    answer: ConfusedPair,
    examples: Sequence[CropAnswer],
    counter_examples: Sequence[CropAnswer],
) -> dict[str, object]:
    """Return a rule in which only what decides is to be written."""
    leaves = sorted(evidence.categories_of(pair))
    finer = {"boundary": f"{PRODUCT}:{leaves[0]}", "categories": leaves} if leaves else {"boundary": pair.boundary}
    flags = {} if pair.boundary not in ("ignore", "occluded", "truncated") else {"flags": [pair.boundary]}
    return {
        "id": _slug(f"{answer.one_name} or {answer.other_name}"),
        **finer,
        **flags,
        "kinds": _kinds(evidence, pair),
        "text": "",
        "examples": [_example(crop, answer.one_name) for crop in examples[:1]],
        "counter_examples": [_example(crop, answer.other_name) for crop in counter_examples[:1]],
    }


def _example(crop: CropAnswer, name: str) -> dict[str, object]:
    return {"text": name, "capture_id": crop.capture_id, "box": list(crop.box)}


def _kinds(evidence: Evidence, pair: Pair) -> list[str]:
    kinds = {
        box.kind.value
        for one, units in evidence.together
        for unit in units
        if unit.boundary == pair.boundary and {pair.one, pair.other} <= set(unit.said)
        if (box := box_of(one, unit)) is not None
    }
    return sorted(kinds)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST_ID].strip("-") or "rule"


def _changed_since(session: Session, version: int, guideline: Guideline) -> set[Boundary]:
    if version == guideline.version:
        return set()
    changes = changes_between(read_version(session, version), guideline)
    return {
        rule.boundary
        for change in changes
        if change.alters_labels
        for rule in (change.before, change.after)
        if rule is not None
    }


def _family(boundary: Boundary) -> Boundary:
    return boundary.partition(":")[0]


def _named(unit: Unit, together: Together) -> set[Boundary]:
    """Return the boundaries by which rules may mean a decision: its own, and those of its products' categories."""
    if unit.boundary != PRODUCT:
        return {unit.boundary}
    known = _by_word(together.categories)
    above = {path for word in unit.said if word in known for path in prefixes(known[word])}
    return {PRODUCT, *(f"{PRODUCT}:{path}" for path in above)}


def _finer(unit: Unit) -> bool:
    return unit.boundary.startswith(f"{PRODUCT}:")


def _by_word(categories: Categories) -> dict[str, tuple[str, ...]]:
    return {str(gtin): path for gtin, path in categories.items()}
