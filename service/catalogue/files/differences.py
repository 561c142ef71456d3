"""What makes one product of another: the events, and the line that a person reads."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from retail.catalogue_events import Added, Changed, Delisted, Event, Relisted, VariantAdded, VariantRemoved
from retail.products import Product, Variant
from service.catalogue.files.cells import write_category


def events_between(known: Product | None, wanted: Product) -> Iterator[Event]:
    """Yield the events, in order, that make the wanted product of the known one; none if they are alike."""
    if known is None:
        yield Added(wanted)
        return
    gtin = wanted.gtin
    redated = wanted.valid_until != known.valid_until
    # A new first day may lie after the old last day, which therefore goes first.
    if known.valid_until and redated and (wanted.valid_until is None or wanted.valid_from != known.valid_from):
        yield Relisted(gtin)
    if _described(wanted) != _described(known):
        yield Changed(gtin, wanted.name, wanted.category, wanted.family, wanted.valid_from)
    for variant in wanted.variants:
        if known.variant(variant.id) != variant:
            yield VariantAdded(gtin, variant)
    for variant in known.variants:
        if wanted.variant(variant.id) is None:
            yield VariantRemoved(gtin, variant.id)
    if wanted.valid_until and redated:
        yield Delisted(gtin, wanted.valid_until)


def line_between(known: Product | None, wanted: Product) -> str:
    """Say in one line what changes: ``~ 04006381333931 Oat drink 1 l: family "oat" -> "oat drinks"``."""
    if known is None:
        return f"+ {wanted.gtin} {_one_line(wanted.name)} ({_one_line(write_category(wanted.category))})"
    return f"~ {wanted.gtin} {_one_line(wanted.name)}: {', '.join(_differences(known, wanted))}"


def delisting_line(product: Product, last_day: date) -> str:
    """Say in one line that a product goes."""
    return f"- {product.gtin} {_one_line(product.name)}: last day {last_day}"


def _described(product: Product) -> tuple[Any, ...]:
    return product.name, product.category, product.family, product.valid_from


def _differences(known: Product, wanted: Product) -> Iterator[str]:
    for field in ("name", "category", "family", "valid_from", "valid_until"):
        before, after = getattr(known, field), getattr(wanted, field)
        if before != after:
            yield f"{field} {_shown(before)} -> {_shown(after)}"
    for variant in wanted.variants:
        old = known.variant(variant.id)
        if old is None:
            yield f"variant {variant.id} added ({_look(variant)})"
        elif old != variant:
            yield f"variant {variant.id} ({_look(old)}) -> ({_look(variant)})"
    for variant in known.variants:
        if wanted.variant(variant.id) is None:
            yield f"variant {variant.id} removed"


def _look(variant: Variant) -> str:
    days = f", {variant.valid_from or '…'} to {variant.valid_until or '…'}"
    return variant.kind + (days if variant.valid_from or variant.valid_until else "")


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, date):
        return str(value)
    return f'"{_one_line(write_category(value) if isinstance(value, tuple) else value)}"'


def _one_line(text: str) -> str:
    return " ".join(text.split())
