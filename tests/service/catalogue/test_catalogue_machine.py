"""Random sequences of catalogue changes, annotations, references and planograms, beside a model a person can check."""

from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

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
from retail.catalogue_log import read_event
from retail.catalogue_rules import apply, replay
from retail.gtin import Gtin
from retail.products import Variant, VariantKind
from service.catalogue.expiring import expire_due
from service.catalogue.loading import load_catalogue
from service.catalogue.queries import list_changes
from service.catalogue.service import change
from service.catalogue.touching import Touched
from service.database import Database
from service.naming.queries import append_gallery_changes
from service.planograms.queries import add_version, replace_positions
from service.problems import Problem
from service.records import (
    BayRecord,
    FacingLabelRecord,
    GalleryChangeRecord,
    PlanogramVersionRecord,
    PositionRecord,
    ReferenceRecord,
    RoundRecord,
    StoreRecord,
    TaskRecord,
    TouchedRecord,
    VariantRecord,
)
from tests.service.catalogue.labelling import draw
from tests.service.catalogue.naive_model import START, Model, Pointer, capture, gone, product

GTINS = [Gtin(f"000000000000{end}") for end in ("17", "24", "31", "48", "55")]
MORE_LOOKS = ["blue", "red"]

gtins = st.sampled_from(GTINS)
looks = st.sampled_from([*MORE_LOOKS, *GTINS[:2]])
places = st.integers(0, 9)  # of a product among those that there are
drawn = st.lists(places | st.none() | gtins, min_size=1, max_size=3)
days = st.integers(-2, 3).map(lambda n: START.date() + timedelta(n))


class CatalogueMachine(RuleBasedStateMachine):
    """One transaction an example, which is taken back at its end."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.session = self.stack.enter_context(self.database.write())
        self.model, self.catalogue, self.now = Model(), Catalogue(0, ()), START
        self.touched: dict[int, set[Touched]] = {}
        self.served: dict[str, Gtin] = {}
        self.last_gallery_change = 0
        self.number = 0
        self.tasks: dict[str, str] = {}  # by annotation

    def teardown(self) -> None:
        self.session.rollback()
        self.stack.close()

    @initialize()
    def open_shop(self) -> None:
        self.session.add(StoreRecord(id="s1", name="Shop", format="convenience"))
        self.session.flush()
        self.session.add(BayRecord(id="b1", store_id="s1"))
        self.session.add(
            RoundRecord(
                id="r",
                created_at=START,
                by="a test",
                config={},
                pool_digest="",
                pool_size=0,
                model_version=1,
                near_duplicates={},
            )
        )
        self.session.flush()
        for gtin in GTINS[:3]:
            self.happen(Added(product(gtin)))
        self.label([0, 1, 2])
        self.add_reference(0, "p")
        self.add_reference(1, "p")
        self.plan([0, 1])

    # --- what happens to the catalogue ---

    @rule(gtin=gtins, look=looks)
    def add(self, gtin: Gtin, look: str) -> None:
        self.happen(Added(product(gtin, *([look] if look != gtin else []))))

    @rule(gtin=gtins, category=st.sampled_from(["dairy", "drinks"]), family=st.sampled_from(["milk", None]))
    def describe(self, gtin: Gtin, category: str, family: str | None) -> None:
        self.happen(Changed(gtin, "Milk", (category,), family))

    @rule(place=places, other=gtins)
    def rename(self, place: int, other: Gtin) -> None:
        self.happen(Renamed(self.existing(place), other))

    @rule(place=places, other=gtins)
    def merge(self, place: int, other: Gtin) -> None:
        self.happen(Merged(self.existing(place), other))

    @rule(place=places, stays=st.booleans(), second=gtins, third=gtins, look=st.none() | looks)
    def split(self, place: int, stays: bool, second: Gtin, third: Gtin, look: str | None) -> None:
        gtin = self.existing(place)
        taken = [look] if look and look != second else []
        self.happen(Split(gtin, (product(gtin if stays else third), product(second, *taken))))

    @rule(gtin=gtins, day=days)
    def delist(self, gtin: Gtin, day: date) -> None:
        self.happen(Delisted(gtin, day))

    @rule(place=places)
    def relist(self, place: int) -> None:
        delisted = [known.gtin for known in self.catalogue if known.is_delisted] or GTINS
        self.happen(Relisted(delisted[place % len(delisted)]))

    @rule(gtin=gtins, look=looks)
    def refresh(self, gtin: Gtin, look: str) -> None:
        self.happen(PackagingRefreshed(gtin, Variant(look, gtin), START.date()))

    @rule(place=places, look=looks, kind=st.sampled_from(VariantKind))
    def add_look(self, place: int, look: str, kind: VariantKind) -> None:
        gtin = self.existing(place)
        self.happen(VariantAdded(gtin, Variant(look, gtin, kind)))

    @rule(place=places)
    def remove_look(self, place: int) -> None:
        more = [look for known in self.catalogue for look in known.variants[1:]] or [Variant(GTINS[0], GTINS[0])]
        look = more[place % len(more)]
        self.happen(VariantRemoved(look.gtin, look.id))

    @rule(added=st.sets(gtins, max_size=3), removed=st.sets(gtins, max_size=2), day=st.none() | days)
    def carry(self, added: set[Gtin], removed: set[Gtin], day: date | None) -> None:
        listings = tuple(Listing(gtin, valid_until=day) for gtin in sorted(added - removed))
        self.happen(AssortmentChanged("s1", listings, tuple(sorted(removed))))

    @rule(number=st.integers(1, 3))
    def wait(self, number: int) -> None:
        self.now += timedelta(days=number)
        expired = {
            one
            for known in self.catalogue
            if known.valid_until and known.valid_until <= self.now.date()
            for one in self.model.turn(known.gtin, "expired")
        }
        done = expire_due(self.session, self.now)
        assert len(done) == len(expired)
        assert set(done) == expired
        for one in done:
            said = [v for v, row in self.log() if row.gtin == one.before and row.kind in ("delisted", "added", "split")]
            listed = self.touched[said[-1]]
            listed -= {other for other in listed if (other.kind, other.id) == (one.kind, one.id)}
            listed.add(one)

    def happen(self, event: Event) -> None:
        before = self.catalogue
        try:
            after = apply(before, event)
        except InvalidChange as refused:
            with pytest.raises(InvalidChange, match=f"^{refused.field}: "):
                change(self.session, event, "a test", self.now)
            return
        made = change(self.session, event, "a test", self.now)
        assert (made.version, made.changed) == (after.version, after is not before)
        if after is before:
            assert made.touched == ()
            return
        self.catalogue = after
        self.touched[made.version] = self.expected(event, before, after)
        assert len(made.touched) == len(self.touched[made.version])
        assert set(made.touched) == self.touched[made.version]
        self.check_tasks(event, made.touched)

    def expected(self, event: Event, before: Catalogue, after: Catalogue) -> set[Touched]:
        match event:
            case Renamed(gtin, into):
                touched = self.model.turn(gtin, "remapped", into)
                self.model.move_looks(gone(before, after) - {into}, into)
            case Merged(gtin, into):
                touched = self.model.turn(gtin, "remapped", into)
            case Split(gtin, _):
                touched = self.model.turn(gtin, "requeued")
                self.model.move_looks(gone(before, after) - {gtin}, gtin)
            case Delisted(gtin, day):
                touched = self.model.turn(gtin, "expired" if day <= self.now.date() else "restored")
            case Relisted(gtin):
                touched = self.model.turn(gtin, "restored")
            case VariantRemoved(gtin, look):
                shown = {k[1] for k, p in self.model.pointers.items() if p.variant == look and p.state == "live"}
                dropped = self.model.move_looks({look}, gtin)
                touched = {
                    Touched("reference", id, "expired", gtin, None)
                    if id in dropped
                    else Touched("reference", id, "remapped", gtin, gtin)
                    for id in shown
                }
            case _:
                touched = set()
        return touched

    def check_tasks(self, event: Event, touched: tuple[Touched, ...]) -> None:
        if isinstance(event, Split):
            for one in touched:
                if one.kind == "facing":
                    task = self.session.get_one(TaskRecord, self.task_of(one.id))
                    assert task.state == "queued"
                    assert f"split Milk ({event.gtin})" in task.reason

    # --- what points at products ---

    @rule(drawn=drawn)
    def label(self, drawn: list[int | Gtin | None]) -> None:
        self.number += 1
        id = f"{self.number:032x}"
        self.session.add(capture(id))
        self.session.flush()
        task = TaskRecord(id=id, round_id="r", capture_id=id, created_at=START, state="queued", rank=1)
        task.store_id, task.kind, task.purpose = "s1", "boxes", "label"
        task.arm, task.reason, task.predicted_boxes = "random", "chosen by chance", 0
        self.session.add(task)
        self.submit(task, drawn)

    @rule(drawn=drawn)
    def label_again(self, drawn: list[int | Gtin | None]) -> None:
        task = self.session.scalar(select(TaskRecord).where(TaskRecord.state == "queued").order_by(TaskRecord.id))
        if task is not None:
            self.submit(task, drawn)

    def submit(self, task: TaskRecord, meant: list[int | Gtin | None]) -> None:
        drawn = [self.existing(one) if isinstance(one, int) else one for one in meant]
        task.state, self.number = "labelled", self.number + 1
        boxes = [
            {"kind": "facing", "box": (20 * place, 0, 20 * place + 10, 10), "gtin": gtin}
            for place, gtin in enumerate(drawn)
        ]
        try:
            annotation = draw(self.session, task, boxes, self.now)
        except Problem as refused:
            task.state = "queued"
            assert refused.code in ("product-unknown", "product-split", "product-delisted")  # noqa: PT017
            return
        assert all(gtin is None or self.counts(self.catalogue.canonical(gtin)) for gtin in drawn)
        for (kind, id), pointer in self.model.pointers.items():
            if kind == "facing" and self.task_of(id) == task.id:
                pointer.state = "replaced"
        for place, gtin in enumerate(drawn):
            if gtin is not None:
                today = self.catalogue.canonical(gtin)
                assert today
                self.model.pointers["facing", f"{annotation.id}/{place}"] = Pointer(today, "current")
        self.tasks[annotation.id] = task.id

    def task_of(self, facing_id: str) -> str:
        return self.tasks[facing_id.split("/")[0]]

    @rule(place=places, picture=st.sampled_from("pqr"))
    def add_reference(self, place: int, picture: str) -> None:
        shown = [look for known in self.catalogue if self.counts(known.gtin) for look in known.variants]
        if not shown:
            return
        look, self.number = shown[place % len(shown)], self.number + 1
        if any(p.variant == look.id and p.sha256 == picture for p in self.model.pointers.values()):
            return
        id = f"{self.number:032x}"
        self.session.add(
            ReferenceRecord(
                id=id,
                variant_id=look.id,
                source="pack_shot",
                view="front",
                image_key="",
                sha256=picture,
                created_at=self.now,
                state="live",
            )
        )
        self.session.flush()
        append_gallery_changes(self.session, [id], self.now)
        self.model.pointers["reference", id] = Pointer(look.gtin, "live", look.id, picture)

    @rule(chosen=st.lists(places, min_size=1, max_size=3))
    def plan(self, chosen: list[int]) -> None:
        wanted = [gtin for gtin in map(self.existing, chosen) if self.counts(gtin)]
        if not wanted:
            return
        self.number += 1
        key = {"planogram_id": "p", "version": self.number}
        positions = [
            PositionRecord(**key, shelf=1, slot=slot, gtin=gtin, wide=1, high=1, state="current")
            for slot, gtin in enumerate(wanted, 1)
        ]
        replace_positions(self.session, "p", range(self.number))
        add_version(self.session, PlanogramVersionRecord(**key, by="a test"), positions)
        self.happen(PlanogramReset("p", self.number, ("b1",)))
        for (kind, _), pointer in self.model.pointers.items():
            if kind == "position":
                pointer.state = "replaced"
        for position in positions:
            id = f"p/{self.number}/1/{position.slot}"
            self.model.pointers["position", id] = Pointer(Gtin(position.gtin), "current")

    def existing(self, place: int) -> Gtin:
        """Choose a product that something may point at, if there is one."""
        there = [known.gtin for known in self.catalogue if self.counts(known.gtin)] or GTINS
        return there[place % len(there)]

    def counts(self, gtin: Gtin | None) -> bool:
        """Whether something may point at a product now."""
        known = self.catalogue.by_gtin.get(gtin) if gtin else None
        return known is not None and (known.valid_until is None or known.valid_until > self.now.date())

    # --- what is always so ---

    @invariant()
    def everything_points_where_it_should(self) -> None:
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for label in self.session.scalars(select(FacingLabelRecord)):
            found["facing", f"{label.annotation_id}/{label.place}"] = (label.gtin, label.state)
        for reference, gtin in self.references():
            found["reference", reference.id] = (gtin, reference.state)
        for p in self.session.scalars(select(PositionRecord)):
            found["position", f"{p.planogram_id}/{p.version}/{p.shelf}/{p.slot}"] = (p.gtin, p.state)
        expected = self.model.pointers
        assert found.keys() == expected.keys()
        for key, (gtin, state) in found.items():
            assert state == expected[key].state
            if state in ("current", "live"):
                assert gtin == expected[key].gtin
                assert self.counts(Gtin(gtin)), f"{key} points at {gtin}, which is no product"

    @invariant()
    def the_log_gives_the_same_state(self) -> None:
        recorded = load_catalogue(self.session)
        assert recorded == self.catalogue
        events = [read_event(row.kind, row.gtin, row.details) for _, row in self.log()]
        assert replay(events) == recorded

    @invariant()
    def servers_that_follow_have_the_gallery(self) -> None:
        live = {reference.id: Gtin(gtin) for reference, gtin in self.references() if reference.state == "live"}
        news = select(GalleryChangeRecord).where(GalleryChangeRecord.id > self.last_gallery_change)
        for one in self.session.scalars(news.order_by(GalleryChangeRecord.id)):
            self.last_gallery_change = one.id
            self.served.pop(one.reference_id, None)
            if one.reference_id in live:
                self.served[one.reference_id] = live[one.reference_id]
        assert self.served == live

    @invariant()
    def what_was_touched_is_listed(self) -> None:
        kept: dict[int, set[Touched]] = {version: set() for version in self.touched}
        for row in self.session.scalars(select(TouchedRecord)):
            after = None if row.after is None else Gtin(row.after)
            kept[row.version].add(Touched(row.kind, row.id, row.action, Gtin(row.before), after))  # type: ignore[arg-type]
        assert kept == self.touched

    def references(self) -> list[tuple[ReferenceRecord, str]]:
        joined = select(ReferenceRecord, VariantRecord.gtin).join(
            VariantRecord, VariantRecord.id == ReferenceRecord.variant_id
        )
        return [(reference, gtin) for reference, gtin in self.session.execute(joined)]

    def log(self) -> list[tuple[int, Any]]:
        return [(row.version, row) for row in list_changes(self.session, 0, 10_000)]


@pytest.mark.timeout(600)  # Hypothesis makes a failing example smaller for up to 300 s, and only then tells it
def test_whatever_happens_nothing_points_at_a_product_that_is_none(database_url: str) -> None:
    database = Database(database_url)
    examples = 30 if database.is_sqlite else 8
    machine = type("Machine", (CatalogueMachine,), {"database": database})
    limits = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.generate, Phase.shrink),
    )
    run_state_machine_as_test(machine, settings=limits)
    database.close()
