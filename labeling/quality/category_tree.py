"""Overlaps and holes of the category tree."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from retail.gtin import Gtin

Path = tuple[str, ...]


class TreeFault(StrEnum):
    """What is wrong at a place of the tree."""

    TWO_LEAVES = "two_leaves"  # one product, or one name, in two leaves
    NO_CATEGORY = "no_category"  # a product without a category
    NOT_A_LEAF = "not_a_leaf"  # a product at a category that has categories below it
    ONLY_CHILD = "only_child"  # a category with a single category below it, and no product of its own
    EMPTY_LEAF = "empty_leaf"  # a declared category without any product
    SPLIT_FAMILY = "split_family"  # siblings of one family in two leaves
    LIKE_NAMES = "like_names"  # two categories of one parent whose names differ by case or spaces alone


@dataclass(frozen=True, slots=True)
class Filed:
    """A product and the leaves it is filed under; none if it has no category."""

    gtin: Gtin
    name: str
    leaves: tuple[Path, ...]
    family: str | None = None


@dataclass(frozen=True, slots=True)
class TreeProblem:
    """A fault, the categories and products it concerns, and what to do about it."""

    fault: TreeFault
    categories: tuple[Path, ...]
    gtins: tuple[Gtin, ...]
    advice: str


def check_tree(filed: Iterable[Filed], declared: Iterable[Path] = ()) -> list[TreeProblem]:
    """Check how products are filed; ``declared`` categories must have products. Sorted by fault and category."""
    products = list(filed)
    used = {leaf for one in products for leaf in one.leaves}
    known = used | set(declared)
    tree = {path[:depth] for path in known for depth in range(1, len(path) + 1)}
    found = [*_of_products(products), *_of_families(products), *_of_names(products)]
    found += _of_categories(tree, products, used)
    return sorted(found, key=lambda one: (one.fault, one.categories, one.gtins))


def _of_products(products: Sequence[Filed]) -> Iterator[TreeProblem]:
    for one in products:
        if not one.leaves:
            yield TreeProblem(TreeFault.NO_CATEGORY, (), (one.gtin,), f"file {one.name} under a category")
        elif len(set(one.leaves)) > 1:
            leaves = tuple(sorted(set(one.leaves)))
            yield TreeProblem(TreeFault.TWO_LEAVES, leaves, (one.gtin,), f"keep {one.name} in one of them")


def _of_families(products: Sequence[Filed]) -> Iterator[TreeProblem]:
    families: dict[str, list[Filed]] = defaultdict(list)
    for one in products:
        if one.family is not None and one.leaves:
            families[one.family].append(one)
    for family, siblings in families.items():
        leaves = tuple(sorted({leaf for one in siblings for leaf in one.leaves}))
        if len(leaves) > 1:
            gtins = tuple(sorted(one.gtin for one in siblings))
            yield TreeProblem(TreeFault.SPLIT_FAMILY, leaves, gtins, f"file family {family} under one category")


def _of_names(products: Sequence[Filed]) -> Iterator[TreeProblem]:
    """Yield products that share a name and not their leaf: most likely one product that was entered twice."""
    alike: dict[str, list[Filed]] = defaultdict(list)
    for one in products:
        if one.leaves:
            alike[_plain(one.name)].append(one)
    for same in alike.values():
        leaves = tuple(sorted({leaf for one in same for leaf in one.leaves}))
        if len(same) > 1 and len(leaves) > 1:
            gtins = tuple(sorted(one.gtin for one in same))
            advice = f"{same[0].name} is there more than once: merge them, or name what tells them apart"
            yield TreeProblem(TreeFault.TWO_LEAVES, leaves, gtins, advice)


def _of_categories(tree: set[Path], products: Sequence[Filed], used: set[Path]) -> Iterator[TreeProblem]:
    children: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(tree):
        children[path[:-1]].append(path)
    for path in sorted(tree):
        below = children.get(path, [])
        name = "/".join(path)
        own = tuple(sorted(one.gtin for one in products if path in one.leaves))
        if below and own:
            yield TreeProblem(TreeFault.NOT_A_LEAF, (path,), own, f"file them under a category below {name}")
        elif len(below) == 1:
            yield TreeProblem(TreeFault.ONLY_CHILD, (path, below[0]), (), f"join {name} and its only category")
        elif not below and path not in used:
            yield TreeProblem(TreeFault.EMPTY_LEAF, (path,), (), f"remove {name}, or file products under it")
    for siblings in children.values():
        for one, other in combinations(siblings, 2):
            if _plain(one[-1]) == _plain(other[-1]):
                yield TreeProblem(TreeFault.LIKE_NAMES, (one, other), (), "spell them alike, so that they are one")


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
