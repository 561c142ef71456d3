from labeling.quality.category_tree import Filed, Path, TreeFault, check_tree
from retail.gtin import Gtin

PEN, INK, INK_2 = Gtin("04006381333931"), Gtin("04006381333948"), Gtin("04006381333955")
PENS, INKS = ("office", "pens"), ("office", "ink")


def faults(
    filed: list[Filed], declared: list[Path] | None = None
) -> list[tuple[TreeFault, tuple[Path, ...], tuple[Gtin, ...]]]:
    return [(one.fault, one.categories, one.gtins) for one in check_tree(filed, declared or [])]


def test_a_sound_tree() -> None:
    assert faults([Filed(PEN, "Pen", (PENS,)), Filed(INK, "Ink", (INKS,), "ink")]) == []


def test_one_product_in_two_leaves() -> None:
    found = check_tree([Filed(PEN, "Pen", (PENS, INKS))])
    assert [(one.fault, one.categories, one.gtins) for one in found] == [(TreeFault.TWO_LEAVES, (INKS, PENS), (PEN,))]
    assert found[0].advice == "keep Pen in one of them"


def test_one_name_in_two_leaves() -> None:
    filed = [Filed(PEN, "Blue  Pen", (PENS,)), Filed(INK, "blue pen", (INKS,))]
    assert faults(filed) == [(TreeFault.TWO_LEAVES, (INKS, PENS), (PEN, INK))]


def test_a_family_in_two_leaves() -> None:
    filed = [Filed(INK, "Ink", (INKS,), "ink"), Filed(INK_2, "Ink 2", (PENS,), "ink")]
    assert faults(filed) == [(TreeFault.SPLIT_FAMILY, (INKS, PENS), (INK, INK_2))]


def test_holes() -> None:
    filed = [Filed(PEN, "Pen", ()), Filed(INK, "Ink", (INKS,))]
    assert faults(filed, [PENS]) == [
        (TreeFault.EMPTY_LEAF, (PENS,), ()),
        (TreeFault.NO_CATEGORY, (), (PEN,)),
    ]


def test_a_product_above_the_leaves() -> None:
    filed = [Filed(PEN, "Pen", (("office",),)), Filed(INK, "Ink", (INKS,))]
    assert faults(filed) == [(TreeFault.NOT_A_LEAF, (("office",),), (PEN,))]


def test_an_only_child() -> None:
    assert faults([Filed(INK, "Ink", (INKS,))]) == [(TreeFault.ONLY_CHILD, (("office",), INKS), ())]


def test_names_that_are_spelt_otherwise() -> None:
    filed = [Filed(PEN, "Pen", (PENS,)), Filed(INK, "Ink", (("office", "Pens "),))]
    assert faults(filed) == [(TreeFault.LIKE_NAMES, (("office", "Pens "), PENS), ())]
