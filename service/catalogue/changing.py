"""From an event to the records: the catalogue's, the log's, and of all that points at a product."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from retail.catalogue_draft import CatalogueDraft
from retail.catalogue_events import (
    AssortmentChanged,
    Changed,
    Consequence,
    Delisted,
    Event,
    Merged,
    PlanogramReset,
    Remap,
    Renamed,
    Requeue,
    Restore,
    Split,
    VariantRemoved,
    consequence,
)
from retail.catalogue_log import event_json, kind_of, product_json, subject_of
from retail.catalogue_rules import apply_to
from retail.gtin import Gtin
from retail.products import Product
from service.catalogue.loading import Part, gtins_of
from service.catalogue.touching import REFERENCE, Touched, carry_out, keep_touched, pointed_at, references_of
from service.catalogue.writing import Listings, Writer
from service.naming.queries import append_gallery_changes
from service.records import CatalogueChangeRecord, FollowingRecord
from service.tasks.requeuing import requeue_tasks_showing

Products = dict[Gtin, Product | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an event.

    Attributes:
        version: of the catalogue after it.
        changed: False if everything was so already; the version is the one before then.
        touched: the labels, references and positions that it remapped, re-queued, expired or restored.
    """

    version: int
    changed: bool
    touched: tuple[Touched, ...]


class Changing:
    """Applies events in order, within one transaction that holds the catalogue's lock."""

    def __init__(self, session: Session, part: Part, events: Sequence[Event], by: str, now: datetime) -> None:
        """Get ready for some events, which a part of the catalogue is enough for."""
        self._session, self._by, self._now = session, by, now
        meant = [meaning for event in events if (meaning := consequence(event))]
        # Asked once: of the thousands that an import may delist, few were ever labelled.
        self._pointed_at = pointed_at(session, {one.gtin for one in meant})
        self._draft, self._writer = CatalogueDraft(part.catalogue), Writer(session, part)
        self._log: list[dict[str, Any]] = []  # rows of CatalogueChangeRecord: an import has many

    def apply(self, event: Event) -> Change:
        """Let one event happen.

        Raises:
            InvalidChange: if it cannot.
        """
        before: Products = {gtin: self._draft.products.get(gtin) for gtin in gtins_of(event)}
        listed = _listings(self._draft, event)
        if not apply_to(self._draft, event):
            return Change(self._draft.version, False, ())
        self._write_products(before)
        touched = self._carry_out(event, before)
        for gtin in before:
            if gtin in self._draft.products:
                self._writer.write_variants(self._draft.products[gtin])
        touched += self._remove_variants(event, before)
        if (carried := _listings(self._draft, event)) != listed:
            self._writer.write_listings(listed, carried)
        self._log.append(self._row(event, before))
        if isinstance(event, PlanogramReset):
            self._follow(event)
        return Change(self._draft.version, True, tuple(touched))

    def finish(self, changes: Iterable[Change]) -> None:
        """Write what still waits, and the lists of what was touched."""
        self._flush()
        for change in changes:
            keep_touched(self._session, change.version, change.touched)

    def _write_products(self, before: Products) -> None:
        for gtin, old in before.items():
            new = self._draft.products.get(gtin)
            if new is None and old is not None:
                self._writer.write_former(gtin, self._draft.became[gtin])
            elif new is not None and new != old:
                self._writer.write_product(new)

    def _carry_out(self, event: Event, before: Products) -> list[Touched]:
        meant = self._meant(event)
        if meant is None or meant.gtin not in self._pointed_at:
            return []
        if isinstance(meant, Remap):
            self._pointed_at.add(meant.into)
        self._flush()
        if isinstance(meant, Requeue):
            split = before[meant.gtin]
            assert split is not None
            requeue_tasks_showing(self._session, meant.gtin, _reason(self._draft, split, meant.into))
        return carry_out(self._session, meant, self._now)

    def _meant(self, event: Event) -> Consequence | None:
        if isinstance(event, Delisted) and event.last_day > self._now.date():
            return Restore(event.gtin)  # on sale for some days yet, whatever was said before; `expiring` does the rest
        return consequence(event)

    def _remove_variants(self, event: Event, before: Products) -> list[Touched]:
        """Remove the variants that are no more; what is left of a split product keeps its first look for history."""
        match event:
            case Renamed(_, heir) | Split(heir) | VariantRemoved(heir):
                gone = {look.id for old in before.values() if old for look in old.variants}
                gone -= self._draft.owners.keys() | {heir}
                return [one for id in sorted(gone) for one in self._remove_variant(event, id, heir)]
            case _:
                return []

    def _remove_variant(self, event: Renamed | Split | VariantRemoved, id: str, heir: Gtin) -> list[Touched]:
        # The references of a renamed or split product were listed with its labels.
        shown = references_of(self._session, id) if isinstance(event, VariantRemoved) else []
        doubles = self._writer.remove_variant(id, heir)
        append_gallery_changes(self._session, sorted({*shown, *doubles}), self._now)
        return [
            Touched(REFERENCE, reference, "expired", heir, None)
            if reference in doubles
            else Touched(REFERENCE, reference, "remapped", heir, heir)
            for reference in shown
        ]

    def _follow(self, event: PlanogramReset) -> None:
        new = self._writer.write_followed(event)
        self._flush()  # the log: what follows refers to it
        self._session.add_all(
            FollowingRecord(
                bay_id=id, catalogue_version=self._draft.version, planogram_id=event.planogram_id, since=self._now
            )
            for id in new
        )
        self._session.flush()

    def _row(self, event: Event, before: Products) -> dict[str, Any]:
        details: dict[str, Any] = event_json(event)
        if isinstance(event, Changed) and (old := before[event.gtin]):
            known = product_json(old)
            kept = ("name", "category", "family", "valid_from")
            details = {"before": {name: known[name] for name in kept if name in known}, **details}
        return {
            "version": self._draft.version,
            "at": self._now,
            "by": self._by,
            "kind": kind_of(event),
            "gtin": subject_of(event),
            "details": details,
        }

    def _flush(self) -> None:
        self._writer.flush()
        if self._log:
            self._session.execute(insert(CatalogueChangeRecord), self._log)
            self._log.clear()


def _reason(draft: CatalogueDraft, split: Product, into: tuple[Gtin, ...]) -> str:
    parts = [f"{draft.products[gtin].name} ({gtin})" for gtin in into]
    which = "the two" if len(parts) == 2 else "them"
    return (
        f"catalogue version {draft.version} split {split.name} ({split.gtin}) into "
        f"{', '.join(parts[:-1])} and {parts[-1]}: say which of {which} each facing shows"
    )


def _listings(draft: CatalogueDraft, event: Event) -> Listings:
    """Return who carries what, as far as the event can change it."""
    match event:
        case AssortmentChanged(store_id):
            carried = draft.assortments.get(store_id, {})
            return {(store_id, gtin): listing for gtin, listing in carried.items()}
        case Renamed() | Merged() | Split():
            return {
                (store_id, gtin): carried[gtin]
                for store_id, carried in draft.assortments.items()
                for gtin in gtins_of(event) & carried.keys()
            }
        case _:
            return {}
