"""Rules: read, written, and compared from one version to the next."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from labeling.annotations import FLAGS
from labeling.guidelines import (
    Guideline,
    InvalidGuideline,
    RuleChange,
    changes_between,
    guideline_document,
    parse_guideline,
)
from labeling.leases import SkipReason
from retail.boxes import DetectionKind

SHELF = yaml.safe_load((Path(__file__).parents[2] / "configs" / "guidelines" / "shelf.yaml").read_text())


def rule(id: str = "a", **changes: Any) -> dict[str, Any]:
    return {"id": id, "boundary": "product", "kinds": ["facing"], "text": "Read the pack.", **changes}


def guideline(*rules: dict[str, Any], version: int = 1) -> Guideline:
    return parse_guideline({"text": "Look twice.", "rules": list(rules)}, version)


def only_change(before: dict[str, Any], after: dict[str, Any]) -> RuleChange:
    (change,) = changes_between(guideline(before), guideline(after, version=2))
    return change


def test_the_guideline_that_ships_covers_every_kind_flag_and_skip_reason() -> None:
    shipped = parse_guideline(SHELF, 1)
    assert all(shipped.texts_by_kind()[kind] for kind in DetectionKind)
    assert [line.split(":")[0] for line in shipped.when_to_skip] == list(SkipReason)
    assert {rule.boundary for rule in shipped.rules} >= {"presence", "kind", "product", *FLAGS}
    assert shipped.when_to_escalate
    assert parse_guideline(guideline_document(shipped), 1) == shipped


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": "Not an id"}, "rules[0].id"),
        ({"boundary": "colour"}, "rules[0].boundary"),
        ({"boundary": "product:"}, "rules[0].boundary"),
        ({"kinds": []}, "rules[0].kinds"),
        ({"kinds": ["bottle"]}, "rules[0].kinds"),
        ({"kinds": [["facing"]]}, "rules[0].kinds"),
        ({"flags": ["blurred"]}, "rules[0].flags"),
        ({"text": " "}, "rules[0].text"),
        ({"text": 3}, "rules[0].text"),
        ({"advice": "x"}, "rules[0].advice"),
        ({"examples": "x"}, "rules[0].examples"),
        ({"examples": [{"text": "x", "capture_id": "c"}]}, "rules[0].examples[0]"),
        ({"examples": [{"text": "x", "capture_id": "c", "box": [5, 5, 1, 9]}]}, "rules[0].examples[0]"),
        ({"examples": [{"text": "x", "capture_id": "c\0", "box": [5, 5, 9, 9]}]}, "rules[0].examples[0]"),
        ({"examples": [{"text": "x", "capture_id": "c", "box": {"x1": 1}}]}, "rules[0].examples[0]"),
        ({"examples": [3]}, "rules[0].examples[0]"),
        ({"text": "a\0b"}, "rules[0].text"),
        ({"categories": [""]}, "rules[0].categories[0]"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidGuideline) as error:
        guideline(rule(**changed))
    assert error.value.field == field


def test_an_id_is_given_once_and_there_is_a_rule() -> None:
    for rules in ([rule(), rule()], []):
        with pytest.raises(InvalidGuideline, match="rules"):
            guideline(*rules)


def test_rules_about_products_help_with_the_products_of_every_category() -> None:
    both = guideline(rule("all"), rule("juices", boundary="product:drinks/juice"), rule("flag", boundary="occluded"))
    assert [rule.id for rule in both.about("product:drinks/juice")] == ["all", "juices"]
    assert [rule.id for rule in both.about("product")] == ["all"]
    assert [rule.id for rule in both.about("product:snacks")] == ["all"]


def test_another_text_alters_every_box_that_the_rule_was_or_is_about() -> None:
    change = only_change(rule(), rule(kinds=["tag"], text="Read the tag."))
    assert change.alters_labels
    assert [change.alters(kind) for kind in ("facing", "tag", "gap")] == [True, True, False]


def test_another_scope_alters_the_boxes_that_came_or_went() -> None:
    change = only_change(rule(), rule(kinds=["facing", "tag"]))
    assert [change.alters(kind) for kind in ("facing", "tag")] == [False, True]
    change = only_change(rule(), rule(categories=["drinks"]))
    assert change.alters("facing", categories=["snacks"])
    assert not change.alters("facing", categories=["drinks", "drinks/juice"])


def test_a_flag_limits_a_rule_to_boxes_that_have_it() -> None:
    change = only_change(rule(flags=["occluded"]), rule(flags=["occluded"], text="Around both parts."))
    assert change.alters("facing", ["truncated", "occluded"])
    assert not change.alters("facing", ["truncated"])


def test_a_rule_that_came_or_went_alters_what_it_is_about_and_examples_alter_nothing() -> None:
    one, two = guideline(rule()), guideline(rule(), rule("b", kinds=["gap"], boundary="presence"), version=2)
    for before, after in ((one, two), (two, one)):
        (change,) = changes_between(before, after)
        assert (change.id, change.alters("gap"), change.alters("facing")) == ("b", True, False)
        assert change.decides_presence
    assert not only_change(rule(), rule(examples=["Six bottles. Six facings."])).alters_labels
    assert changes_between(one, one) == ()
