"""The annotators' rules, versioned. Each rule names the boundary that it helps to decide, and the boxes it is about."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from labeling.annotations import FLAGS
from labeling.quality.boundaries import CATEGORY, EDGES, KIND, PRESENCE, PRODUCT, VERDICT, Boundary
from retail.boxes import DetectionKind

RULE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
CAPTURE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
BOUNDARIES = (PRESENCE, EDGES, KIND, CATEGORY, PRODUCT, *FLAGS, VERDICT)
PRODUCT_OF = f"{PRODUCT}:"  # and a category: the boundary between the products of that category
MOST_TEXT = 2000
MOST_RULES = 200


class InvalidGuideline(ValueError):
    """A guideline that cannot be taken, with the field at fault and what to do about it."""

    def __init__(self, field: str, detail: str, remedy: str) -> None:
        """Name the field (``rules[3].kinds``), what is wrong with it, and how to put it right."""
        super().__init__(f"{field}: {detail}; {remedy}")
        self.field, self.detail, self.remedy = field, detail, remedy


@dataclass(frozen=True, slots=True)
class Example:
    """What a rule means in one case: in words, and where there is one, as a piece of a photo.

    Attributes:
        text: what is to be seen and what follows from it.
        capture_id, box: the photo, and x1, y1, x2, y2 in pixels of it; both None where words do.
    """

    text: str
    capture_id: str | None = None
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: stays the same from version to version.
        boundary: what it helps to decide: one of `BOUNDARIES`, or "product:" and a category.
        kinds: of the boxes that it is about.
        flags: names of `labeling.annotations.FLAGS`, one of which these boxes have; none: with and without flags.
        categories: paths from the root joined by "/", at or below one of which their products are; none: all boxes.
    """

    id: str
    boundary: Boundary
    kinds: tuple[DetectionKind, ...]
    text: str
    flags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    counter_examples: tuple[Example, ...] = ()

    def is_about(self, kind: str, flags: Collection[str] = (), categories: Collection[str] = ()) -> bool:
        """Whether it is about a box; a box's categories are that of its product and all above it."""
        return (
            kind in self.kinds
            and (not self.flags or any(flag in flags for flag in self.flags))
            and (not self.categories or any(category in categories for category in self.categories))
        )


@dataclass(frozen=True, slots=True)
class Guideline:
    """The annotators' rules at one version: what holds always, each rule, when to skip and when to ask an expert."""

    version: int
    text: str
    rules: tuple[Rule, ...]
    when_to_skip: tuple[str, ...]
    when_to_escalate: tuple[str, ...] = ()

    def rule(self, id: str) -> Rule | None:
        """Return the rule of an id, None if there is none."""
        return next((rule for rule in self.rules if rule.id == id), None)

    def about(self, boundary: Boundary) -> tuple[Rule, ...]:
        """Return the rules that help to decide a boundary; those of "product" help with every category's products."""
        family = boundary.partition(":")[0]
        return tuple(rule for rule in self.rules if rule.boundary in (boundary, family))

    def texts_by_kind(self) -> dict[DetectionKind, list[str]]:
        """Return the rules' texts by the kinds of boxes that they are about."""
        return {kind: [rule.text for rule in self.rules if kind in rule.kinds] for kind in DetectionKind}


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that was added (no `before`), removed (no `after`) or changed from one version to the next."""

    id: str
    before: Rule | None
    after: Rule | None

    @property
    def alters_labels(self) -> bool:
        """Whether any box may be drawn or labelled otherwise: examples explain a rule, they do not change it."""
        return self._says(self.before) != self._says(self.after)

    @property
    def decides_presence(self) -> bool:
        """Whether it is about what is drawn at all, so that boxes that nobody drew count, too."""
        return any(rule is not None and rule.boundary == PRESENCE for rule in (self.before, self.after))

    @property
    def kinds(self) -> frozenset[DetectionKind]:
        """Kinds of the boxes that it was or is about."""
        return frozenset(kind for rule in (self.before, self.after) if rule is not None for kind in rule.kinds)

    def alters(self, kind: str, flags: Collection[str] = (), categories: Collection[str] = ()) -> bool:
        """Whether a box may have to be labelled otherwise.

        With another text, every box that the rule was or is about; else those that it is about only now, or no more.
        """
        was = self.before is not None and self.before.is_about(kind, flags, categories)
        is_ = self.after is not None and self.after.is_about(kind, flags, categories)
        if self.before is None or self.after is None or self.before.text != self.after.text:
            return was or is_
        return was != is_

    @staticmethod
    def _says(rule: Rule | None) -> tuple[str, frozenset[str], frozenset[str], frozenset[str]] | None:
        if rule is None:
            return None
        return rule.text, frozenset(rule.kinds), frozenset(rule.flags), frozenset(rule.categories)


def changes_between(before: Guideline, after: Guideline) -> tuple[RuleChange, ...]:
    """Return the rules that differ between two versions, in the order of the later one, removed ones last."""
    was, is_ = ({rule.id: rule for rule in guideline.rules} for guideline in (before, after))
    return tuple(
        RuleChange(id, was.get(id), is_.get(id)) for id in dict.fromkeys([*is_, *was]) if was.get(id) != is_.get(id)
    )


def parse_guideline(document: Mapping[str, Any], version: int) -> Guideline:
    """Read a guideline as it is written in YAML or JSON: ``text``, ``rules``, ``when_to_skip``, ``when_to_escalate``.

    Raises:
        InvalidGuideline: naming the first field that is wrong.
    """
    _only(document, ("text", "rules", "when_to_skip", "when_to_escalate"), "")
    rules = _list(document, "rules", "")
    if not 1 <= len(rules) <= MOST_RULES:
        raise InvalidGuideline("rules", f"are {len(rules)}", f"give 1 to {MOST_RULES} rules")
    parsed = tuple(_rule(rule, f"rules[{place}]") for place, rule in enumerate(rules))
    seen: set[str] = set()
    for place, rule in enumerate(parsed):
        if rule.id in seen:
            detail, remedy = f"{rule.id!r} is there twice", "give each rule an id of its own"
            raise InvalidGuideline(f"rules[{place}].id", detail, remedy)
        seen.add(rule.id)
    return Guideline(
        version,
        _text(document, "text", ""),
        parsed,
        _texts(document, "when_to_skip"),
        _texts(document, "when_to_escalate"),
    )


def guideline_document(guideline: Guideline) -> dict[str, Any]:
    """Return a guideline as `parse_guideline` reads it; what is empty is left out of rules."""
    return {
        "text": guideline.text,
        "rules": [_rule_document(rule) for rule in guideline.rules],
        "when_to_skip": list(guideline.when_to_skip),
        "when_to_escalate": list(guideline.when_to_escalate),
    }


def _rule_document(rule: Rule) -> dict[str, Any]:
    optional = {
        "flags": list(rule.flags),
        "categories": list(rule.categories),
        "examples": [_example_document(example) for example in rule.examples],
        "counter_examples": [_example_document(example) for example in rule.counter_examples],
    }
    needed = {"id": rule.id, "boundary": rule.boundary, "kinds": [kind.value for kind in rule.kinds], "text": rule.text}
    return needed | {name: value for name, value in optional.items() if value}


def _example_document(example: Example) -> dict[str, Any]:
    if example.capture_id is None or example.box is None:
        return {"text": example.text}
    return {"text": example.text, "capture_id": example.capture_id, "box": list(example.box)}


def _rule(rule: Any, at: str) -> Rule:
    if not isinstance(rule, Mapping):
        raise InvalidGuideline(at, "is no rule", "give id, boundary, kinds and text")
    _only(rule, ("id", "boundary", "kinds", "text", "flags", "categories", "examples", "counter_examples"), f"{at}.")
    id, boundary = _text(rule, "id", f"{at}."), _text(rule, "boundary", f"{at}.")
    if not RULE_ID.fullmatch(id):
        raise InvalidGuideline(f"{at}.id", f"{id!r} is no id", "use up to 64 of a-z, 0-9 and -")
    if boundary not in BOUNDARIES and not (boundary.startswith(PRODUCT_OF) and len(boundary) > len(PRODUCT_OF)):
        remedy = f"choose one of {', '.join(BOUNDARIES)}, or {PRODUCT_OF} and a category"
        raise InvalidGuideline(f"{at}.boundary", f"{boundary!r} is unknown", remedy)
    kinds = _chosen(rule, "kinds", tuple(DetectionKind), f"{at}.")
    if not kinds:
        raise InvalidGuideline(f"{at}.kinds", "is empty", f"name some of {', '.join(DetectionKind)}")
    return Rule(
        id,
        boundary,
        tuple(DetectionKind(kind) for kind in kinds),
        _text(rule, "text", f"{at}."),
        _chosen(rule, "flags", FLAGS, f"{at}."),
        _texts(rule, "categories", f"{at}."),
        _examples(rule, "examples", at),
        _examples(rule, "counter_examples", at),
    )


def _examples(rule: Mapping[str, Any], name: str, at: str) -> tuple[Example, ...]:
    return tuple(_example(one, f"{at}.{name}[{place}]") for place, one in enumerate(_list(rule, name, f"{at}.")))


def _example(example: Any, at: str) -> Example:
    if isinstance(example, str):
        example = {"text": example}
    if not isinstance(example, Mapping):
        raise InvalidGuideline(at, "is no example", "give a text, or text, capture_id and box")
    _only(example, ("text", "capture_id", "box"), f"{at}.")
    text, capture_id, box = _text(example, "text", f"{at}."), example.get("capture_id"), example.get("box")
    if capture_id is None and box is None:
        return Example(text)
    if not isinstance(capture_id, str) or not CAPTURE_ID.fullmatch(capture_id) or not _is_box(box):
        raise InvalidGuideline(at, "shows no place in a photo", "give capture_id, and box as x1, y1, x2, y2")
    x1, y1, x2, y2 = (float(edge) for edge in box)
    return Example(text, capture_id, (x1, y1, x2, y2))


def _is_box(box: Any) -> TypeGuard[Sequence[float]]:
    if not isinstance(box, list | tuple) or len(box) != 4:
        return False
    numbers = all(isinstance(edge, int | float) and 0 <= edge < 1e6 for edge in box)
    return numbers and bool(box[2] - box[0] >= 1 and box[3] - box[1] >= 1)


def _only(document: Mapping[str, Any], names: tuple[str, ...], at: str) -> None:
    if strangers := sorted(str(name) for name in document if name not in names):
        raise InvalidGuideline(f"{at}{strangers[0]}", "is unknown", f"give only {', '.join(names)}")


def _text(document: Mapping[str, Any], name: str, at: str) -> str:
    return _checked_text(document.get(name), f"{at}{name}")


def _checked_text(text: Any, at: str) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > MOST_TEXT or "\0" in text:
        raise InvalidGuideline(at, "is no text", f"write 1 to {MOST_TEXT} characters")
    return " ".join(text.split())


def _texts(document: Mapping[str, Any], name: str, at: str = "") -> tuple[str, ...]:
    texts = _list(document, name, at)
    return tuple(_checked_text(text, f"{at}{name}[{place}]") for place, text in enumerate(texts))


def _chosen(document: Mapping[str, Any], name: str, of: tuple[str, ...], at: str) -> tuple[str, ...]:
    chosen = _list(document, name, at)
    if strangers := [one for one in chosen if one not in of]:
        raise InvalidGuideline(f"{at}{name}", f"{strangers[0]!r} is unknown", f"choose from {', '.join(of)}")
    return tuple(dict.fromkeys(chosen))


def _list(document: Mapping[str, Any], name: str, at: str) -> list[Any]:
    found = document.get(name, [])
    if not isinstance(found, list):
        raise InvalidGuideline(f"{at}{name}", "is no list", "write a list, even of one")
    return found
