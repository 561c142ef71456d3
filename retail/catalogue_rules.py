"""When an event may happen to a catalogue, and what the catalogue is afterwards.

An event that changes nothing is no error, so that a repeated request is harmless: the version stays too.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from retail.catalogue import Catalogue
from retail.catalogue_draft import CatalogueDraft
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
from retail.gtin import Gtin
from retail.products import Product, Variant, VariantKind


def apply(catalogue: Catalogue, event: Event) -> Catalogue:
    """Return the catalogue after an event; the same one if the event changes nothing.

    Raises:
        InvalidChange: if it cannot happen to this catalogue.
    """
    return apply_all(catalogue, (event,))


def apply_all(catalogue: Catalogue, events: Iterable[Event]) -> Catalogue:
    """Return the catalogue after some events, in order.

    Raises:
        InvalidChange: for the first that cannot happen.
    """
    draft = CatalogueDraft(catalogue)
    changed = [apply_to(draft, event) for event in events]
    return draft.frozen() if any(changed) else catalogue


def replay(events: Iterable[Event]) -> Catalogue:
    """Return the catalogue that a whole log of events makes."""
    return apply_all(Catalogue(0, ()), events)


def apply_to(draft: CatalogueDraft, event: Event) -> bool:
    """Let an event happen to a draft, and say whether it changed anything; a refused one changes nothing.

    Raises:
        InvalidChange: if it cannot happen.
    """
    changed = _happen(draft, event)
    draft.version += changed
    return changed


def _happen(draft: CatalogueDraft, event: Event) -> bool:
    match event:
        case Added():
            return _add(draft, event.product)
        case Changed():
            return _change(draft, event)
        case Renamed():
            return _rename(draft, event)
        case Merged():
            return _merge(draft, event)
        case Split():
            return _split(draft, event)
        case Delisted():
            return _delist(draft, event)
        case Relisted():
            return draft.put(replace(draft.existing(event.gtin), valid_until=None))
        case PackagingRefreshed():
            return _refresh(draft, event)
        case VariantAdded():
            return _add_variant(draft, event)
        case VariantRemoved():
            return _remove_variant(draft, event)
        case AssortmentChanged():
            return _change_assortment(draft, event)
        case PlanogramReset():
            return _reset_planogram(draft, event)


def _add(draft: CatalogueDraft, product: Product) -> bool:
    if draft.products.get(product.gtin) == product:
        return False
    draft.check_new(product.gtin, "gtin")
    draft.check_ids(product, product.gtin)
    return draft.put(product)


def _change(draft: CatalogueDraft, event: Changed) -> bool:
    product = _with(draft.existing(event.gtin), "name", name=event.name, family=event.family)
    product = _with(product, "category", category=event.category)
    return draft.put(_with(product, "valid_from", valid_from=event.valid_from))


def _rename(draft: CatalogueDraft, event: Renamed) -> bool:
    if draft.became.get(event.gtin) == (event.new_gtin,):
        return False
    product = draft.listed(event.gtin)
    draft.check_new(event.new_gtin, "new_gtin", former=event.gtin)
    looks = _moved(product.variants, event.new_gtin)
    if product.variant(event.new_gtin) is None:  # one that came with a merge may have the id already
        looks = tuple(replace(look, id=event.new_gtin) if look.id == event.gtin else look for look in looks)
    renamed = replace(product, gtin=event.new_gtin, variants=looks)
    draft.check_ids(renamed, event.gtin)
    draft.drop(event.gtin, (renamed.gtin,))
    return draft.put(renamed)


def _merge(draft: CatalogueDraft, event: Merged) -> bool:
    if event.gtin == event.into:
        raise InvalidChange("into", f"{event.into} is the same product", "name the product that remains")
    if draft.became.get(event.gtin) == (event.into,):
        return False
    product, into = draft.listed(event.gtin), draft.listed(event.into, "into")
    draft.drop(event.gtin, (event.into,))
    return draft.put(replace(into, variants=into.variants + _moved(product.variants, into.gtin)))


def _split(draft: CatalogueDraft, event: Split) -> bool:
    gtins = tuple(product.gtin for product in event.into)
    if _is_split(draft, event):
        return False
    product = draft.listed(event.gtin)
    if len(set(gtins)) < 2 or len(set(gtins)) < len(gtins):
        raise InvalidChange("into", f"{len(set(gtins))} different products are given", "give at least two")
    for part in event.into:
        if part.gtin != event.gtin:
            draft.check_new(part.gtin, "into", former=event.gtin)
        draft.check_ids(part, event.gtin)
    parts = _parts_with_looks(product, event.into)
    if event.gtin in gtins:
        draft.pass_listings(event.gtin, gtins)
    else:
        draft.drop(event.gtin, gtins)
    for part in sorted(parts, key=lambda part: part.gtin != event.gtin):  # the old one first: it gives variants away
        draft.put(part)
    return True


def _is_split(draft: CatalogueDraft, event: Split) -> bool:
    """Say whether all parts are there as described already."""
    gtins = tuple(product.gtin for product in event.into)
    known = [draft.products.get(gtin) for gtin in gtins]
    alike = [
        part and (part.name, part.category, part.family) == (wanted.name, wanted.category, wanted.family)
        for part, wanted in zip(known, event.into, strict=True)
    ]
    return len(gtins) > 1 and all(alike) and (event.gtin in gtins or draft.became.get(event.gtin) == gtins)


def _parts_with_looks(product: Product, into: tuple[Product, ...]) -> list[Product]:
    """Check that each look goes to one part; the part that keeps the GTIN keeps the looks that no other one takes."""
    taken = [look.id for part in into if part.gtin != product.gtin for look in part.variants]
    if twice := sorted({id for id in taken if taken.count(id) > 1 or id == product.gtin}):
        raise InvalidChange("into", f"variant {twice[0]!r} is given twice", "give each variant to one product")
    rest = {look.id: look for look in product.variants if look.id not in taken}
    return [
        replace(part, variants=tuple(({look.id: look for look in part.variants} | rest).values()))
        if part.gtin == product.gtin
        else part
        for part in into
    ]


def _delist(draft: CatalogueDraft, event: Delisted) -> bool:
    return draft.put(_with(draft.existing(event.gtin), "last_day", valid_until=event.last_day))


def _refresh(draft: CatalogueDraft, event: PackagingRefreshed) -> bool:
    product = draft.listed(event.gtin)
    if product.variant(event.variant.id) == event.variant:
        return False
    if product.variant(event.variant.id) is not None:
        raise InvalidChange("variant", f"variant {event.variant.id!r} exists already", "give the new look another id")
    if event.variant.kind is not VariantKind.REGULAR or event.variant.valid_until is not None:
        raise InvalidChange("variant", "is not a regular look without a last day", "add any other with variant_added")
    looks = tuple(_retired(look, event.last_day_of_old) for look in product.variants)
    refreshed = _with(product, "variant", variants=(*looks, event.variant))
    draft.check_ids(refreshed, event.gtin)
    return draft.put(refreshed)


def _retired(look: Variant, last_day: date) -> Variant:
    if look.kind is not VariantKind.REGULAR or look.valid_until is not None:
        return look
    try:
        return replace(look, kind=VariantKind.OLD_DESIGN, valid_until=last_day)
    except ValueError as error:
        raise InvalidChange("last_day_of_old", f"of variant {look.id!r}: {error}", "give a later day") from error


def _add_variant(draft: CatalogueDraft, event: VariantAdded) -> bool:
    product = draft.existing(event.gtin)
    others = tuple(look for look in product.variants if look.id != event.variant.id)
    extended = _with(product, "variant", variants=(*others, event.variant))
    draft.check_ids(extended, event.gtin)
    return draft.put(extended)


def _remove_variant(draft: CatalogueDraft, event: VariantRemoved) -> bool:
    product = draft.existing(event.gtin)
    if event.variant_id == event.gtin:
        raise InvalidChange("variant_id", "is the product's first look", "delist or merge the product instead")
    return draft.put(replace(product, variants=tuple(look for look in product.variants if look.id != event.variant_id)))


def _change_assortment(draft: CatalogueDraft, event: AssortmentChanged) -> bool:
    for listing in event.added:
        draft.existing(listing.gtin, "added")
    for gtin in event.removed:
        if gtin not in draft.became:
            draft.existing(gtin, "removed")
    if both := {listing.gtin for listing in event.added} & set(event.removed):
        raise InvalidChange("removed", f"{min(both)} is added too", "name each product once")
    before = draft.assortments.get(event.store_id, {})
    after = {gtin: listing for gtin, listing in before.items() if gtin not in event.removed}
    after |= {listing.gtin: listing for listing in event.added}
    draft.assortments[event.store_id] = after
    return after != before


def _reset_planogram(draft: CatalogueDraft, event: PlanogramReset) -> bool:
    followed = {bay: (event.planogram_id, event.version) for bay in event.bays}
    changed = any(draft.followed.get(bay) != one for bay, one in followed.items())
    draft.followed |= followed
    return changed


def _moved(looks: tuple[Variant, ...], gtin: Gtin) -> tuple[Variant, ...]:
    return tuple(replace(look, gtin=gtin) for look in looks)


def _with(product: Product, field: str, **changes: Any) -> Product:
    try:
        return replace(product, **changes)
    except ValueError as error:
        raise InvalidChange(field, str(error), "correct this field") from error
