"""Importing a CSV file of products: a readable difference, all or nothing."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from retail.catalogue_draft import CatalogueDraft
from retail.catalogue_events import Delisted, Event, InvalidChange
from retail.catalogue_rules import apply_to
from retail.gtin import Gtin
from retail.products import Product
from service.catalogue.files.differences import delisting_line, events_between, line_between
from service.catalogue.files.products import ProductRow, product_of_rows
from service.catalogue.files.rows import FileErrors
from service.catalogue.files.staging import StagedProducts
from service.catalogue.loading import load_part, read_catalogue
from service.catalogue.service import Change, change_all
from service.problems import Problem
from service.records import ProductRecord

MOST_LINES = 200
_PRODUCTS_AT_ONCE = 1000
T = TypeVar("T")


@dataclass(slots=True)
class Imported:
    """What an import did.

    Attributes:
        diff: the first lines of what changed, in the order of GTINs, delistings last.
        touched: how many labels, references and positions, by what was done to them.
    """

    added: int = 0
    changed: int = 0
    delisted: int = 0
    unchanged: int = 0
    diff: list[str] = field(default_factory=list)
    touched: dict[str, int] = field(default_factory=dict)

    def note_change(self, before: Product | None, after: Product) -> None:
        """Count a product that came or changed."""
        self.added += before is None
        self.changed += before is not None
        self._keep(line_between(before, after))

    def note_delisting(self, product: Product, last_day: date) -> None:
        """Count a product that goes."""
        self.delisted += 1
        self._keep(delisting_line(product, last_day))

    def _keep(self, line: str) -> None:
        if len(self.diff) < MOST_LINES:
            self.diff.append(line)

    def count(self, changes: Iterable[Change]) -> None:
        """Count what changes touched."""
        for change in changes:
            for touched in change.touched:
                self.touched[touched.action] = self.touched.get(touched.action, 0) + 1


class Import:
    """An import under way, in a transaction that holds `lock_catalogue` and keeps nothing if this raises."""

    def __init__(self, session: Session, by: str, now: datetime) -> None:
        """Say who imports."""
        self._session, self._by, self._now = session, by, now
        self._errors = FileErrors()
        self._done = Imported()

    def run(self, staged: StagedProducts, whole: bool, confirmed: int | None) -> Imported:
        """Make the catalogue what the file says.

        Args:
            staged: the file's products.
            whole: the file is the whole catalogue: products that it does not name are delisted, today being their
                last day, and variants that it does not name removed.
            confirmed: the number of delistings that the caller expects; None to go without, as a dry run does.

        Raises:
            Problem: 422 with the file's mistakes, 409 if more than half of the catalogue would go unexpectedly.
        """
        absent = list(self._absent(staged)) if whole else []
        if confirmed is not None:
            self._check_share(len(absent), confirmed)
        for batch in _in_parts(staged):
            self._put([rows for _, rows in batch], whole)
        self._errors.check()
        for gtins in _in_parts(absent):
            self._delist(gtins)
        return self._done

    def _absent(self, staged: StagedProducts) -> Iterator[Gtin]:
        """Yield the products on sale that the file does not name."""
        after = ""
        while page := self._session.scalars(self._on_sale(after).limit(_PRODUCTS_AT_ONCE)).all():
            yield from staged.missing([Gtin(gtin) for gtin in page])
            after = page[-1]

    def _on_sale(self, after: str = "") -> Select[str]:
        product = ProductRecord
        stays = or_(product.valid_until.is_(None), product.valid_until > self._now.date())
        wanted = select(product.gtin).where(product.became.is_(None), stays, product.gtin > after)
        return wanted.order_by(product.gtin)

    def _check_share(self, absent: int, confirmed: int) -> None:
        on_sale = self._session.scalar(select(func.count()).select_from(self._on_sale().subquery())) or 0
        if 2 * absent > on_sale and absent != confirmed:
            raise Problem(
                409,
                "most-would-be-delisted",
                f"The file lacks {absent} of the {on_sale} products on sale, which would all be delisted.",
                field="confirm",
                remedy=f"If it is the whole catalogue, import it with confirm={absent}; if not, without complete.",
                members={"would_delist": absent},
            )

    def _put(self, batch: Sequence[list[ProductRow]], whole: bool) -> None:
        known = read_catalogue(self._session, [rows[0].gtin for rows in batch]).by_gtin
        events: list[tuple[int, list[Event]]] = []
        for rows in batch:
            before = known.get(rows[0].gtin)
            try:
                wanted = product_of_rows(rows, before, whole)
            except ValueError as error:
                self._errors.add(rows[0].line, None, str(error), "Correct the rows of this product.")
                continue
            if wanted == before:
                self._done.unchanged += 1
            else:
                self._done.note_change(before, wanted)
                events.append((rows[0].line, list(events_between(before, wanted))))
        self._apply(events)

    def _apply(self, events: list[tuple[int, list[Event]]]) -> None:
        together = [event for _, some in events for event in some]
        if not self._errors.count:
            with suppress(InvalidChange):
                self._done.count(change_all(self._session, together, self._by, self._now))
                return
        # Nothing will be kept, so what is left to do is to say which lines are at fault.
        draft = CatalogueDraft(load_part(self._session, together).catalogue)
        for line, some in events:
            self._try(draft, line, some)

    def _try(self, draft: CatalogueDraft, line: int, events: list[Event]) -> None:
        try:
            for event in events:
                apply_to(draft, event)
        except InvalidChange as error:
            self._errors.add(line, None, error.detail, f"{error.remedy[:1].upper()}{error.remedy[1:]}.")

    def _delist(self, gtins: Sequence[Gtin]) -> None:
        today = self._now.date()
        for product in read_catalogue(self._session, gtins):
            self._done.note_delisting(product, today)
        events = [Delisted(gtin, today) for gtin in gtins]
        self._done.count(change_all(self._session, events, self._by, self._now))


def _in_parts(many: Iterable[T]) -> Iterator[list[T]]:
    ahead = iter(many)
    while part := list(islice(ahead, _PRODUCTS_AT_ONCE)):
        yield part
