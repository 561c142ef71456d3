"""Events as the log keeps them: a kind, the GTIN they are about, and details in JSON."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from pydantic import TypeAdapter

from retail.catalogue_events import (
    Added,
    AssortmentChanged,
    Changed,
    Delisted,
    Event,
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
from retail.products import Product

_TYPES: dict[str, type[Event]] = {
    "added": Added,
    "changed": Changed,
    "renamed": Renamed,
    "merged": Merged,
    "split": Split,
    "delisted": Delisted,
    "relisted": Relisted,
    "refreshed": PackagingRefreshed,
    "variant_added": VariantAdded,
    "variant_removed": VariantRemoved,
    "assortment_changed": AssortmentChanged,
    "planogram_reset": PlanogramReset,
}
_KINDS = {type: kind for kind, type in _TYPES.items()}
_READERS: dict[str, TypeAdapter[Any]] = {kind: TypeAdapter(type) for kind, type in _TYPES.items()}
_PRODUCT = TypeAdapter(Product)


def kind_of(event: Event) -> str:
    """Return an event's name in the log."""
    return _KINDS[type(event)]


def subject_of(event: Event) -> Gtin:
    """Return the GTIN that an event is about; empty where it is about a store or a planogram."""
    return Gtin("") if isinstance(event, AssortmentChanged | PlanogramReset) else event.gtin


def product_json(product: Product) -> dict[str, Any]:
    """Return a product without its GTIN, and without what is as usual: open days, and one regular look."""
    found = _PRODUCT.dump_python(product, mode="json")
    if product.variants == Product(product.gtin, "-", ("-",)).variants:
        del found["variants"]
    del found["gtin"]
    return {name: value for name, value in found.items() if value is not None or name == "family"}


def event_json(event: Event) -> dict[str, Any]:
    """Return an event's details; `read_event` makes the event of them again."""
    if isinstance(event, Added):
        return {"after": product_json(event.product)}
    found = cast("dict[str, Any]", _READERS[kind_of(event)].dump_python(event, mode="json"))
    found.pop("gtin", None)
    if isinstance(event, Changed):
        if event.valid_from is None:
            del found["valid_from"]
        return {"after": found}
    return found


def read_event(kind: str, gtin: str, details: Mapping[str, Any]) -> Event:
    """Make an event of what the log keeps; members that the event does not have are passed over.

    Raises:
        KeyError: for a kind that is none.
        ValueError: for details that do not fit.
    """
    members = details.get("after", details)
    if kind == "added":
        return Added(_PRODUCT.validate_python({"gtin": gtin, **members}))
    known = {field.name for field in fields(_TYPES[kind])}
    subject = {"gtin": gtin} if "gtin" in known else {}
    wanted = {name: value for name, value in members.items() if name in known}
    return cast("Event", _READERS[kind].validate_python({**subject, **wanted}))
