"""SQL about reports: what was counted day by day, summed up."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import BigInteger, Label, Row, Select, Subquery, case, cast, func, select
from sqlalchemy.orm import Session

from retail.compliance import Verdict
from service.records import DayShareRecord, DayVerdictRecord, ProductRecord, StoreRecord
from service.reports.scope import By, Of, Scope
from service.reports.sql_weeks import monday

Rows = Iterator[Row[*tuple[Any, ...]]]
Counted = type[DayVerdictRecord] | type[DayShareRecord]
_AT_ONCE = {"yield_per": 1000}
_OF_POSITIONS = (
    Verdict.CORRECT,
    Verdict.WRONG_POSITION,
    Verdict.WRONG_SHELF,
    Verdict.OUT_OF_STOCK,
    Verdict.UNDECIDED,
)
_KEYS = {By.STORE: ("store_id", "store_name"), By.FORMAT: ("format",), By.CATEGORY: ("category",), By.WEEK: ("monday",)}


def compliance_rows(session: Session, scope: Scope, by: Collection[By], most: int | None = None) -> Rows:
    """Yield the columns of `by` in their order, bays, positions and how many of them have each verdict."""
    bays = _by_bay(scope, by)
    keys = _keys(bays, by)
    sums = (cast(func.sum(bays.c[name]), BigInteger).label(name) for name in ("positions", *_OF_POSITIONS))
    wanted = select(*keys, func.count().label("bays"), *sums).group_by(*keys).having(func.count() > 0)
    return iter(session.execute(wanted.order_by(*keys).limit(most), execution_options=_AT_ONCE))


def share_rows(session: Session, scope: Scope, of: Of, by: Collection[By], most: int | None = None) -> Rows:
    """Yield the columns of `by`, gtin and name or category, and its share of what they show; the largest first."""
    counted, name = DayShareRecord, func.coalesce(ProductRecord.name, "").label("name")
    columns = _columns(counted, scope, [*by, By.CATEGORY] if of is Of.CATEGORY else by)
    rows = _within(select(counted.gtin, name, counted.share, *columns), counted, scope).subquery()
    keys = _keys(rows, by)
    whose = [rows.c.category] if of is Of.CATEGORY else [rows.c.gtin, rows.c.name]
    held = func.sum(rows.c.share)
    share = (held / func.sum(held).over(partition_by=keys or None)).label("share")
    wanted = select(*keys, *whose, share).group_by(*keys, *whose).order_by(*keys, share.desc(), *whose)
    return iter(session.execute(wanted.limit(most), execution_options=_AT_ONCE))


def _by_bay(scope: Scope, by: Collection[By]) -> Subquery:
    """Count each bay alone: databases add up counts faster than they tell distinct bays apart."""
    counted = DayVerdictRecord
    columns = _columns(counted, scope, by)
    rows = _within(select(counted.bay_id, counted.verdict, *columns), counted, scope).subquery()
    keys = (*_keys(rows, by), rows.c.bay_id)
    counts = (func.sum(case((rows.c.verdict == one, 1), else_=0)).label(one) for one in _OF_POSITIONS)
    return select(*keys, func.count().label("positions"), *counts).group_by(*keys).subquery()


def _columns(counted: Counted, scope: Scope, by: Collection[By]) -> list[Label[Any]]:
    """Return what rows are told apart by: a store's name beside its id, of a category the part below the scope's."""
    part = ProductRecord.category[len(scope.category)].as_string()
    columns: dict[By, tuple[Label[Any], ...]] = {
        By.STORE: (counted.store_id.label("store_id"), StoreRecord.name.label("store_name")),
        By.FORMAT: (StoreRecord.format.label("format"),),
        By.CATEGORY: (func.coalesce(part, "").label("category"),),  # empty for what lies at the scope's own
        By.WEEK: (monday(counted.day).label("monday"),),
    }
    return [column for one in by for column in columns[one]]


def _keys(rows: Subquery, by: Collection[By]) -> list[Any]:
    return [rows.c[name] for one in by for name in _KEYS[one]]


def _within(wanted: Select[*tuple[Any, ...]], counted: Counted, scope: Scope) -> Select[*tuple[Any, ...]]:
    """Join stores and products, and leave out what is of other days, stores, formats or categories."""
    wanted = wanted.join(StoreRecord, StoreRecord.id == counted.store_id)
    wanted = wanted.outerjoin(ProductRecord, ProductRecord.gtin == counted.gtin)
    wanted = wanted.where(counted.day.between(scope.since, scope.until))
    if scope.store_ids is not None:
        wanted = wanted.where(counted.store_id.in_(scope.store_ids))
    if scope.formats:
        wanted = wanted.where(StoreRecord.format.in_(scope.formats))
    for place, part in enumerate(scope.category):
        wanted = wanted.where(ProductRecord.category[place].as_string() == part)
    return wanted
