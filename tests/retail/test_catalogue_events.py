"""What each event does to a catalogue, and what is refused."""

from datetime import date

import pytest

from retail.catalogue import Catalogue, Listing
from retail.catalogue_events import (
    Added,
    AssortmentChanged,
    Changed,
    Delisted,
    Event,
    InvalidChange,
    Merged,
    PackagingRefreshed,
    PlanogramReset,
    Relisted,
    Renamed,
    Split,
    VariantAdded,
    VariantRemoved,
)
from retail.catalogue_log import event_json, kind_of, read_event, subject_of
from retail.catalogue_rules import apply, apply_all, replay
from retail.gtin import Gtin
from retail.products import Product, Variant, VariantKind

A, B, C, D = (Gtin(f"000000000000{end}") for end in ("17", "24", "31", "48"))
DAY, LATER = date(2026, 3, 1), date(2026, 4, 1)


def milk(gtin: Gtin, name: str = "Milk 1 l", *looks: Variant) -> Product:
    return Product(gtin, name, ("dairy", "milk"), "milk", looks)


def catalogue(*events: Event) -> Catalogue:
    """Two products, A and B, and what happened then."""
    return replay([Added(milk(A)), Added(milk(B, "Milk 500 ml")), *events])


def refusal(event: Event, *before: Event) -> tuple[str, str, str]:
    with pytest.raises(InvalidChange) as refused:
        apply(catalogue(*before), event)
    return refused.value.field, refused.value.detail, refused.value.remedy


def test_a_product_comes_with_its_first_look() -> None:
    assert catalogue().by_gtin[A].variants == (Variant(A, A),)
    assert catalogue().version == 2
    again = apply(catalogue(), Added(milk(A)))
    assert again == catalogue()
    assert refusal(Added(milk(A, "Cream")))[0] == "gtin"


def test_a_description_is_replaced() -> None:
    after = catalogue(Changed(A, "Whole milk 1 l", ("dairy",), None))
    assert after.by_gtin[A] == Product(A, "Whole milk 1 l", ("dairy",))
    assert refusal(Changed(A, " ", ("dairy",)))[0] == "name"
    assert refusal(Changed(A, "Milk", ("",)))[0] == "category"
    assert refusal(Changed(C, "Milk", ("dairy",)))[:2] == ("gtin", f"the catalogue has no product {C}")


def test_a_rename_takes_the_looks_along_and_can_be_taken_back() -> None:
    promotion = Variant("promo", A, VariantKind.PROMOTION)
    renamed = catalogue(VariantAdded(A, promotion), Renamed(A, C))
    assert renamed.by_gtin[C].variants == (Variant(C, C), Variant("promo", C, VariantKind.PROMOTION))
    assert (renamed.canonical(A), renamed.became) == (C, {A: (C,)})
    assert apply(renamed, Renamed(A, C)) is renamed
    back = apply(renamed, Renamed(C, A))
    assert back.by_gtin[A].variants == (Variant(A, A), promotion)
    assert (back.canonical(C), back.became) == (A, {C: (A,)})
    assert refusal(Renamed(A, B))[1] == f"product {B} exists already, as 'Milk 500 ml'"
    assert refusal(Changed(A, "Milk", ("dairy",)), Renamed(A, C))[1:] == (
        f"product {A} is now {C}",
        f"use {C} instead",
    )


def test_merges_follow_each_other() -> None:
    merged = catalogue(Added(milk(C)), Merged(A, B), Merged(B, C))
    assert [product.gtin for product in merged] == [C]
    assert merged.canonical(A) == C
    assert [look.id for look in merged.by_gtin[C].variants] == [C, A, B]
    assert refusal(Merged(A, A))[0] == "into"
    assert refusal(Added(milk(A)), Merged(A, B))[1] == f"{A} stood for a product that is now {B}"
    assert refusal(Renamed(C, A), Added(milk(C)), Merged(A, B))[0] == "new_gtin"
    assert refusal(Delisted(A, DAY), Merged(A, B))[2] == f"use {B} instead"
    assert refusal(Merged(B, A), Merged(A, B))[0] == "into"


def test_a_merged_gtin_returns_by_a_rename_of_what_it_became_or_by_a_split() -> None:
    merged = catalogue(Merged(A, B))
    renamed = apply(merged, Renamed(B, A))
    assert [look.id for look in renamed.by_gtin[A].variants] == [A, B]
    parted = apply(merged, Split(B, (milk(B, "Milk 500 ml"), milk(A))))
    assert [[look.id for look in product.variants] for product in parted] == [[A], [B]]
    assert parted.canonical(A) == A


def test_a_split_product_is_several_until_they_are_merged_again() -> None:
    split = catalogue(Split(A, (milk(C), milk(D))))
    assert [product.gtin for product in split] == [B, C, D]
    assert split.canonical(A) is None
    assert apply(split, Split(A, (milk(C), milk(D)))) is split
    assert refusal(Renamed(A, C), Split(A, (milk(C), milk(D))))[1] == f"product {A} is now {C} and {D}"
    assert apply(split, Merged(C, D)).canonical(A) == D


def test_a_split_may_keep_the_gtin_with_the_looks_that_nobody_takes() -> None:
    looks = [VariantAdded(A, Variant(id, A)) for id in ("blue", "red")]
    split = catalogue(*looks, Split(A, (milk(A), milk(C, "Red milk", Variant("red", C)))))
    assert [look.id for look in split.by_gtin[A].variants] == [A, "blue"]
    assert [look.id for look in split.by_gtin[C].variants] == [C, "red"]
    assert apply(split, Split(A, (milk(A), milk(C, "Red milk")))) is split


@pytest.mark.parametrize(
    "into",
    [
        (),
        (milk(C),),
        (milk(C), milk(C)),
        (milk(C), milk(B, "Milk 500 ml")),
        (milk(C, "x", Variant(B, C)), milk(D)),
        (milk(C, "x", Variant(A, C)), milk(D)),
    ],
)
def test_no_split(into: tuple[Product, ...]) -> None:
    assert refusal(Split(A, into))[0] in ("into", "variants")


def test_delisted_and_back() -> None:
    delisted = catalogue(Delisted(A, DAY))
    assert delisted.by_gtin[A].valid_until == DAY
    assert apply(delisted, Delisted(A, DAY)) is delisted
    assert apply(delisted, Relisted(A)) == Catalogue(4, catalogue().products)
    for event in (Merged(A, B), Merged(B, A), Renamed(A, C), Split(A, (milk(C), milk(D)))):
        assert refusal(event, Delisted(A, DAY))[2] == "relist it first"
    assert refusal(Delisted(A, DAY), Changed(A, "Milk", ("dairy",), None, LATER))[0] == "last_day"


def test_new_packaging() -> None:
    promotion, new = Variant("promo", A, VariantKind.PROMOTION), Variant("2026", A, valid_from=LATER)
    fresh = catalogue(VariantAdded(A, promotion), PackagingRefreshed(A, new, DAY))
    old = Variant(A, A, VariantKind.OLD_DESIGN, valid_until=DAY)
    assert fresh.by_gtin[A].variants == (old, new, promotion)
    assert apply(fresh, PackagingRefreshed(A, new, DAY)) is fresh
    newest = apply(fresh, PackagingRefreshed(A, Variant("2027", A), LATER))
    assert newest.by_gtin[A].variants[1] == Variant("2026", A, VariantKind.OLD_DESIGN, LATER, LATER)
    assert refusal(PackagingRefreshed(A, Variant(B, A), DAY))[0] == "variants"
    assert refusal(PackagingRefreshed(A, promotion, DAY))[0] == "variant"
    assert refusal(PackagingRefreshed(A, Variant("2027", A), DAY), PackagingRefreshed(A, new, DAY))[0] == (
        "last_day_of_old"
    )


def test_looks_come_change_and_go() -> None:
    regional = Variant("north", A, VariantKind.REGIONAL)
    assert catalogue(VariantAdded(A, Variant("north", A)), VariantAdded(A, regional)).by_gtin[A].variants[1] == regional
    gone = catalogue(VariantAdded(A, regional), VariantRemoved(A, "north"))
    assert gone.products == catalogue().products
    assert apply(gone, VariantRemoved(A, "north")) is gone
    assert refusal(VariantRemoved(A, A))[0] == "variant_id"
    assert refusal(VariantAdded(B, Variant("north", B)), VariantAdded(A, regional))[1] == (
        f"the variant id 'north' belongs to product {A}"
    )
    assert refusal(VariantAdded(B, Variant(A, B)), Renamed(A, C))[0] == "variants", "a former product's id"


def test_stores_carry_what_a_product_became_once() -> None:
    carried = AssortmentChanged("s1", (Listing(A, DAY), Listing(B, LATER, LATER)))
    assert catalogue(carried).assortments == {"s1": {A: Listing(A, DAY), B: Listing(B, LATER, LATER)}}
    assert catalogue(carried, Merged(A, B)).assortments == {"s1": {B: Listing(B, DAY)}}
    assert catalogue(carried, Renamed(A, C)).assortments["s1"][C] == Listing(C, DAY)
    split = catalogue(carried, Split(A, (milk(A), milk(C)))).assortments["s1"]
    assert split == {A: Listing(A, DAY), C: Listing(C, DAY), B: Listing(B, LATER, LATER)}
    assert catalogue(carried, AssortmentChanged("s1", (), (A, B))).assortments == {}
    assert apply(catalogue(carried), carried) == catalogue(carried)
    assert refusal(AssortmentChanged("s1", (Listing(C),)))[0] == "added"
    assert refusal(AssortmentChanged("s1", (), (C,)))[0] == "removed"
    assert refusal(AssortmentChanged("s1", (Listing(A),), (A,)))[0] == "removed"


def test_bays_follow_planograms() -> None:
    followed = catalogue(PlanogramReset("drinks", 1, ("b1", "b2")), PlanogramReset("snacks", 3, ("b2",)))
    assert followed.followed == {"b1": ("drinks", 1), "b2": ("snacks", 3)}
    assert apply(followed, PlanogramReset("snacks", 3, ("b2",))) is followed
    assert apply(followed, PlanogramReset("snacks", 4, ("b2",))).version == followed.version + 1


EVERY_KIND: list[Event] = [
    Added(milk(A, "Milk", Variant("x", A, VariantKind.SEASONAL, DAY, LATER))),
    Changed(A, "Milk", ("dairy",), None, DAY),
    Renamed(A, B),
    Merged(A, B),
    Split(A, (milk(A), milk(B))),
    Delisted(A, DAY),
    Relisted(A),
    PackagingRefreshed(A, Variant("new", A), DAY),
    VariantAdded(A, Variant("new", A)),
    VariantRemoved(A, "new"),
    AssortmentChanged("s1", (Listing(A, DAY),), (B,)),
    PlanogramReset("drinks", 2, ("b1", "b2")),
]


@pytest.mark.parametrize("event", EVERY_KIND, ids=kind_of)
def test_the_log_gives_each_event_back(event: Event) -> None:
    assert read_event(kind_of(event), subject_of(event), event_json(event)) == event


def test_the_log_of_before_there_were_events_is_read_too() -> None:
    after = {"name": "Milk 1 l", "category": ["dairy", "milk"], "family": "milk"}
    assert read_event("added", A, {"before": None, "after": after}) == Added(milk(A))
    assert event_json(Added(milk(A))) == {"after": after}
    assert event_json(Changed(A, "Milk 1 l", ("dairy", "milk"), "milk")) == {"after": after}


def test_many_events_take_no_longer_each() -> None:
    gtins = [Product(f"{n:013d}{_digit(n)}", "p", ("c",)) for n in range(20_000)]  # type: ignore[arg-type]
    assert apply_all(Catalogue(0, ()), map(Added, gtins)).version == 20_000


def _digit(number: int) -> str:
    from retail.gtin import check_digit

    return check_digit(f"{number:013d}")
