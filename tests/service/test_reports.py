"""Reports across stores equal what a person counts by hand."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from retail.compliance import Verdict
from service.auth.permissions import Role
from service.cli import app
from service.records import (
    BayRecord,
    CaptureRecord,
    ComplianceRecord,
    PositionVerdictRecord,
    ProductRecord,
    ShelfShareRecord,
    StoreRecord,
)
from service.reports.counting import count_day
from service.reports.queries import compliance_rows
from service.reports.scope import By, Scope
from training.synthetic.world import ShelfWorld, WorldSpec

JUICE, SODA, BREAD, UNKNOWN = "04006381333931", "00012345678905", "00000000000017", ""
LETTERS = {
    ".": Verdict.CORRECT,
    "p": Verdict.WRONG_POSITION,
    "s": Verdict.WRONG_SHELF,
    "o": Verdict.OUT_OF_STOCK,
    "?": Verdict.UNDECIDED,
}

# One bay in each of three stores: a letter for each position, the shelves from the top.
# chilled, care, household, food, drinks
PLANNED = {1: "hhc hccc uhcc ffc ff fffd", 2: "cc hhcu ccchhc cccc fffuc", 3: "cuff cchh cc cc ccccc"}
# What is true by store on Saturday, Sunday, Monday and Tuesday, so two days in each of two weeks.
TRUE = {
    1: (
        "... .... .... ... s. .s..",
        "oos ppo. ...s ooo pp ooo.",
        "... .s.. .s.o s.. .s o...",
        "... .... .... ... .. ....",
    ),
    2: (
        ".. .o.. o...o. .... .....",
        ".o ...o ...... ..o. ....o",
        ".. .... o..... .... .....",
        ".. .... ...... .... .....",
    ),
    3: (
        ".... .s.. .. .. o...s",
        ".... .... so pp s....",
        "spp. o... o. s. ppo.o",
        "ss.o p.op ss oo sos..",
    ),
}


def rate(part: int, of: int):
    return pytest.approx(part / of)


# Counted by hand in TRUE, but for the third shelf of store 2, which nobody saw on Sunday.
COUNTED = [
    # store, week, correct, wrong position, wrong shelf, out of stock, undecided
    ("store-1", "2026-W09", 23, 4, 4, 9, 0, rate(23, 40), rate(31, 40)),
    ("store-1", "2026-W10", 34, 0, 4, 2, 0, rate(34, 40), rate(38, 40)),
    ("store-2", "2026-W09", 29, 0, 0, 7, 6, rate(29, 36), rate(29, 36)),
    ("store-2", "2026-W10", 41, 0, 0, 1, 0, rate(41, 42), rate(41, 42)),
    ("store-3", "2026-W09", 26, 2, 4, 2, 0, rate(26, 34), rate(32, 34)),
    ("store-3", "2026-W10", 11, 6, 8, 9, 0, rate(11, 34), rate(25, 34)),
]
FIGURES = ("correct", "wrong_position", "wrong_shelf", "out_of_stock", "undecided")


@pytest.fixture(scope="module")
def world() -> ShelfWorld:
    return ShelfWorld.build(WorldSpec(5, products=40, stores=3, bays_per_store=1))


def photograph(session, number, bay_id, at, letters, gtins=(), *, fits=True, version=1, planogram_id="p", shares=()):
    """Write down what a photo says of a bay: a letter for each position, the products, the shares of the shelf."""
    id, store_id = f"{number:032x}", session.get_one(BayRecord, bay_id).store_id
    session.add(_capture(id, store_id, bay_id, at))
    session.flush()
    judged = ComplianceRecord(capture_id=id, bay_id=bay_id, store_id=store_id, planogram_id=planogram_id)
    judged.version, judged.at, judged.photos, judged.fits = version, at, [id], fits
    judged.counts, judged.flip, judged.answer = {}, 0.0, {}
    session.add(judged)
    session.flush()
    places = [(s, p, x) for s, row in enumerate(letters.split(), 1) for p, x in enumerate(row, 1)]
    for (shelf, slot, letter), gtin in zip(places, gtins or [JUICE] * len(places), strict=True):
        verdict = PositionVerdictRecord(capture_id=id, shelf=shelf, slot=slot, gtin=gtin, verdict=LETTERS[letter])
        verdict.probability, verdict.flip, verdict.in_view = 0.9, 0.1, letter != "?"
        verdict.facings_planned, verdict.facings_seen = 1, 1
        session.add(verdict)
    session.add_all(ShelfShareRecord(capture_id=id, gtin=gtin, share=share) for gtin, share in shares)
    count_day(session, bay_id, at)


@pytest.fixture
def photographed(context):
    """Do so in a transaction of its own."""
    numbers = count(1)

    def add(*args, **more):
        with context.database.write() as session:
            photograph(session, next(numbers), *args, **more)

    return add


def _capture(id, store_id, bay_id, at):
    return CaptureRecord(
        id=id,
        sha256=id,
        store_id=store_id,
        bay_id=bay_id,
        taken_at=at,
        received_at=at,
        width=640,
        height=480,
        image_key=id,
        image_sha256=id,
        faces_blurred=0,
        stratum="daylight/frontal/convenience",
        model_version=1,
        truncated=False,
        detections=[],
    )


def _moment(day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, 2, 28, hour, minute, tzinfo=UTC) + timedelta(days=day)


@pytest.fixture
def three_stores(context, world):
    """A photo of each bay a day, and a few that must not change what is counted."""
    with context.database.write() as session:
        session.add_all(StoreRecord(id=s.id, name=s.name, format=s.format) for s in world.stores)
        session.flush()
        session.add_all(BayRecord(id=b.id, store_id=b.store_id) for b in world.bays)
        products = [article.product for article in world.articles]
        session.add_all(ProductRecord(gtin=p.gtin, name=p.name, category=list(p.category)) for p in products)
        for number, photo in enumerate(_photos(world), 1):
            photograph(session, number, *photo)
        photograph(session, 0, "store-3-bay-1", _moment(3, 20), "", fits=False)  # it shows another bay


def _photos(world):
    gtins = {bay: [position.gtin for position in planned.positions] for bay, planned in world.planograms.items()}
    for number, bay in enumerate(gtins, 1):
        for day, letters in enumerate(TRUE[number]):
            if (number, day) == (2, 1):  # somebody stood in front of the third shelf
                yield bay, _moment(day), ".o ...o ?????? ..o. ....o", gtins[bay]
            elif (number, day) == (3, 2):  # a photo of the upper half, then one of the lower
                yield bay, _moment(day, 9), "spp. o... ?. ?? ?????", gtins[bay]
                yield bay, _moment(day, 15), "???? ???? o. s. ppo.o", gtins[bay]
            else:
                yield bay, _moment(day), letters, gtins[bay]
    yield "store-1-bay-1", _moment(0, 8), "ooo oooo oooo ooo oo oooo", gtins["store-1-bay-1"]  # before it was filled


def report(client, **asked):
    answer = client.get("/v1/reports/compliance", params={"since": "2026-02-23", "until": "2026-03-08"} | asked)
    answer.raise_for_status()
    return answer.json()


def figures(row):
    return tuple(row[name] for name in FIGURES)


def test_the_generated_stores_are_those_that_were_counted(world):
    letters = {verdict: letter for letter, verdict in LETTERS.items()}
    departments = {"chilled": "h", "care": "c", "household": "u", "food": "f", "drinks": "d"}
    for number, bay in enumerate(world.bays, 1):
        shelves = world.planograms[bay.id].by_shelf.values()
        planned = [[departments[world.by_gtin[p.gtin].product.category[0]] for p in shelf] for shelf in shelves]
        assert " ".join("".join(shelf) for shelf in planned) == PLANNED[number]
        for day, expected in enumerate(TRUE[number]):
            verdicts = world.state(bay.id, day).verdicts
            assert " ".join("".join(letters[verdicts[p]] for p in shelf) for shelf in shelves) == expected


def test_the_report_of_three_stores_is_the_one_counted_by_hand(client, three_stores):
    answer = report(client, by=["store", "week"])
    assert (answer["since"], answer["until"], answer["more"]) == ("2026-02-23", "2026-03-08", False)
    rates = ("compliance_rate", "on_shelf_availability")
    found = [tuple(row[name] for name in ("store_id", "week", *FIGURES, *rates)) for row in answer["rows"]]
    assert found == COUNTED
    first = answer["rows"][0]
    assert (first["store_name"], first["monday"], first["bays"], first["positions"]) == ("Store 1", "2026-02-23", 1, 40)
    assert not first.keys() & {"format", "category"}


def test_rows_are_what_by_asks_for(client, three_stores):
    (total,) = report(client)["rows"]
    assert (total["bays"], total["positions"], figures(total)) == (3, 232, (164, 12, 20, 30, 6))
    by_format = report(client, by=["format"])["rows"]
    assert [(row["format"], figures(row)) for row in by_format] == [
        ("convenience", (37, 8, 12, 11, 0)),
        ("hypermarket", (57, 4, 8, 11, 0)),
        ("supermarket", (70, 0, 0, 8, 6)),
    ]
    by_category = report(client, by=["category"])["rows"]
    assert [(row["category"], figures(row)) for row in by_category] == [
        (["care"], (83, 6, 14, 17, 4)),
        (["chilled"], (30, 2, 1, 5, 2)),
        (["drinks"], (4, 0, 0, 0, 0)),
        (["food"], (34, 3, 4, 7, 0)),
        (["household"], (13, 1, 1, 1, 0)),
    ]


def test_a_category_is_opened_and_stores_and_days_are_chosen(client, three_stores):
    below = report(client, by=["category"], category="household", store_id=["store-2", "store-3"])["rows"]
    assert [(row["category"], figures(row)) for row in below] == [
        (["household", "cleaner"], (2, 1, 1, 0, 0)),
        (["household", "detergent"], (4, 0, 0, 0, 0)),
        (["household", "paper"], (3, 0, 0, 1, 0)),
    ]
    (leaf,) = report(client, by=["category"], category=["household", "paper"], store_id="store-2")["rows"]
    assert (leaf["category"], figures(leaf)) == (["household", "paper"], (3, 0, 0, 1, 0))
    (sunday,) = report(client, since="2026-03-01", until="2026-03-01", store_id="store-1")["rows"]
    assert figures(sunday) == (5, 4, 2, 9, 0)
    (supermarkets,) = report(client, format="supermarket")["rows"]
    assert figures(supermarkets) == (70, 0, 0, 8, 6)
    assert report(client, until="2026-02-27")["rows"] == []


def test_the_csv_file_holds_the_same_whole(client, three_stores):
    asked = {"by": ["store", "category", "week"], "since": "2026-02-23", "until": "2026-03-08"}
    answer = client.get("/v1/reports/compliance.csv", params=asked)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="compliance-2026-02-23-2026-03-08.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    some = report(client, by=asked["by"], limit=10)
    assert some["more"]
    assert [row["week"] for row in rows[:10]] == [row["week"] for row in some["rows"]]
    assert rows[0] == {  # in the first row of PLANNED seven are c
        **{"store_id": "store-1", "store_name": "Store 1", "category": "care", "week": "2026-W09"},
        **{"monday": "2026-02-23", "bays": "1", "positions": "14", "correct": "9", "wrong_position": "1"},
        **{"wrong_shelf": "2", "out_of_stock": "2", "undecided": "0"},
        **{"compliance_rate": "0.642857", "on_shelf_availability": "0.857143"},
    }
    assert sum(int(row["correct"]) for row in rows) == 164


# --- what counts ---


@pytest.fixture
def two_bays(client, context):
    client.put("/v1/stores/s1", json={"name": "Corner shop", "format": "convenience"}).raise_for_status()
    for bay in ("b1", "b2"):
        client.put(f"/v1/stores/s1/bays/{bay}").raise_for_status()
    categories = {
        "04006381333931": ["drinks", "juice"],
        "00012345678905": ["drinks", "soda"],
        "00000000000017": ["food"],
    }
    with context.database.write() as session:
        session.add_all(ProductRecord(gtin=g, name=f"Product {g[-2:]}", category=c) for g, c in categories.items())


def test_a_position_counts_once_a_day_by_its_last_verdict_that_was_decided(client, two_bays, photographed):
    photographed("b1", _moment(0, 8), "oo.?")
    photographed("b1", _moment(0, 9), "..??")
    photographed("b1", _moment(0, 9, 1), "?o??")
    (row,) = report(client)["rows"]
    assert figures(row) == (2, 0, 0, 1, 1)
    assert (row["compliance_rate"], row["on_shelf_availability"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_days_are_those_of_utc(client, two_bays, photographed):
    photographed("b1", datetime.fromisoformat("2026-03-01T23:59:59.999999+00:00"), ".")
    photographed("b1", datetime.fromisoformat("2026-03-02T00:00:00+00:00"), "o")
    photographed("b2", datetime.fromisoformat("2026-03-02T23:30:00-08:00"), "p")
    rows = report(client, by=["week"], since="2026-03-01", until="2026-03-02")["rows"]
    assert [(row["week"], figures(row)) for row in rows] == [
        ("2026-W09", (1, 0, 0, 0, 0)),
        ("2026-W10", (0, 0, 0, 1, 0)),
    ]
    assert figures(report(client, since="2026-03-03", until="2026-03-03")["rows"][0]) == (0, 1, 0, 0, 0)


def test_days_are_those_of_utc_in_any_zone(context, two_bays, photographed):
    photographed("b1", datetime.fromisoformat("2026-03-02T00:00:00+00:00"), "o")
    photographed("b1", datetime.fromisoformat("2026-03-02T23:59:00+00:00"), ".")
    with context.database.read() as session:
        if not context.database.is_sqlite:
            session.execute(text("SET TIME ZONE 'America/Los_Angeles'"))
        (row,) = compliance_rows(session, Scope(date(2026, 3, 1), date(2026, 3, 3)), [By.WEEK])
        assert (row.monday, row.positions, row.correct) == (date(2026, 3, 2), 1, 1)
        session.rollback()


def test_weeks_belong_to_the_year_that_most_of_their_days_are_in(client, two_bays, photographed):
    photographed("b1", datetime(2027, 1, 3, 12, tzinfo=UTC), ".")  # a Sunday
    photographed("b1", datetime(2027, 1, 4, 12, tzinfo=UTC), ".")
    rows = report(client, by=["week"], until="2027-02-01")["rows"]
    assert [(row["week"], row["monday"]) for row in rows] == [("2026-W53", "2026-12-28"), ("2027-W01", "2027-01-04")]


def test_a_bay_counts_under_the_planogram_it_has_at_the_end_of_the_day(client, two_bays, photographed):
    photographed("b1", _moment(0, 8), "oooo")
    photographed("b1", _moment(0, 12), "..", version=2)
    photographed("b2", _moment(0, 8), "ss", planogram_id="q", version=2)
    photographed("b2", _moment(0, 12), "p", version=2)
    assert figures(report(client)["rows"][0]) == (2, 1, 0, 0, 0)


def test_a_photo_that_does_not_look_like_the_bay_counts_for_nothing(client, two_bays, photographed):
    photographed("b1", _moment(0, 8), "..")
    photographed("b1", _moment(0, 12), "??", fits=False, version=2)
    photographed("b2", _moment(0, 12), "??", fits=False)
    (row,) = report(client)["rows"]
    assert (row["bays"], figures(row)) == (1, (2, 0, 0, 0, 0))


def test_where_nothing_was_decided_there_is_no_rate(client, two_bays, photographed):
    photographed("b1", _moment(0), "??")
    (row,) = report(client, by=["store"])["rows"]
    assert (row["undecided"], row["compliance_rate"], row["on_shelf_availability"]) == (2, None, None)
    text = client.get("/v1/reports/compliance.csv", params={"by": "store"}).text
    assert text.splitlines()[1] == "s1,Corner shop,1,2,0,0,0,0,2,,"


# --- share of shelf ---


@pytest.fixture
def shared(two_bays, photographed):
    """Two bays; b1 was photographed twice on the first day, and once in the week after."""
    photographed("b1", _moment(0, 8), "", shares=[(BREAD, 1.0)])
    photographed("b1", _moment(0, 9), "", shares=[(JUICE, 0.5), (SODA, 0.25), (BREAD, 0.25)])
    photographed("b2", _moment(0, 9), "", shares=[(JUICE, 0.5), (UNKNOWN, 0.5)])
    photographed("b1", _moment(2), "", shares=[(SODA, 0.75), (BREAD, 0.25), (JUICE, 0.0)])
    photographed("b2", _moment(2), "", shares=[(SODA, 1.0)], fits=False)


def shares(client, **asked):
    answer = client.get("/v1/reports/share-of-shelf", params={"since": "2026-02-23", "until": "2026-03-08"} | asked)
    answer.raise_for_status()
    return answer.json()["rows"]


def test_shares_of_products_weigh_every_bay_and_day_the_same(client, shared):
    rows = shares(client, of="product")
    assert [(row["gtin"], row["name"], row["share"]) for row in rows] == [
        (SODA, "Product 05", rate(1, 3)),
        (JUICE, "Product 31", rate(1, 3)),
        (None, None, rate(1, 6)),
        (BREAD, "Product 17", rate(1, 6)),
    ]
    by_week = shares(client, of="product", by="week")
    assert [(row["week"], row["gtin"], row["share"]) for row in by_week] == [
        ("2026-W09", JUICE, 0.5),
        ("2026-W09", None, 0.25),
        ("2026-W09", BREAD, 0.125),
        ("2026-W09", SODA, 0.125),
        ("2026-W10", SODA, 0.75),
        ("2026-W10", BREAD, 0.25),
    ]


def test_shares_of_categories_and_within_them(client, shared):
    assert [(row["category"], row["share"]) for row in shares(client)] == [
        (["drinks"], rate(2, 3)),
        ([], rate(1, 6)),
        (["food"], rate(1, 6)),
    ]
    assert [(row["category"], row["share"]) for row in shares(client, category="drinks")] == [
        (["drinks", "juice"], 0.5),
        (["drinks", "soda"], 0.5),
    ]
    within = shares(client, of="product", by=["format", "category"], since="2026-03-02")
    assert [(row["format"], row["category"], row["gtin"], row["share"]) for row in within] == [
        ("convenience", ["drinks"], SODA, 1.0),
        ("convenience", ["food"], BREAD, 1.0),
    ]


def test_shares_as_a_csv_file(client, shared):
    asked = {"of": "product", "by": "store", "since": "2026-03-02", "until": "2026-03-08"}
    answer = client.get("/v1/reports/share-of-shelf.csv", params=asked)
    assert answer.text.splitlines() == [
        "store_id,store_name,gtin,name,share",
        f"s1,Corner shop,{SODA},Product 05,0.75",
        f"s1,Corner shop,{BREAD},Product 17,0.25",
    ]
    of_categories = client.get("/v1/reports/share-of-shelf.csv", params={"category": "drinks"}).text.splitlines()
    assert of_categories == ["category,share", "drinks > juice,0.8", "drinks > soda,0.2"]  # until today, the 1st


# --- who may ask for what ---


def test_a_key_for_some_stores_sees_these_alone(client, key_for, three_stores):
    limited = key_for(Role.STORE, ["store-2"])
    answer = client.get("/v1/reports/compliance", params={"by": "store"}, headers=limited)
    assert [row["store_id"] for row in answer.json()["rows"]] == ["store-2"]
    refused = client.get("/v1/reports/compliance", params={"store_id": ["store-2", "store-1"]}, headers=limited)
    assert (refused.status_code, refused.json()["code"]) == (403, "store-out-of-scope")
    assert client.get("/v1/reports/share-of-shelf.csv", headers={"Authorization": "Bearer slk_x"}).status_code == 401


def test_twelve_weeks_are_reported_unless_told_otherwise(client, two_bays):
    today = client.get("/v1/reports/compliance").json()  # a Sunday
    assert (today["since"], today["until"], today["rows"]) == ("2025-12-08", "2026-03-01", [])
    until = client.get("/v1/reports/share-of-shelf", params={"until": "2026-03-02"}).json()
    assert (until["since"], until["until"]) == ("2025-12-15", "2026-03-02")


def test_what_cannot_be_reported_is_refused(client):
    for path, asked, code in (
        ("compliance", {"since": "2026-03-02", "until": "2026-03-01"}, "invalid-period"),
        ("compliance", {"since": "0001-01-01"}, "invalid-request"),
        ("compliance.csv", {"by": "aisle"}, "invalid-request"),
        ("share-of-shelf", {"by": "category"}, "invalid-grouping"),
        ("share-of-shelf.csv", {"by": "category"}, "invalid-grouping"),
        ("compliance", {"category": "a\0"}, "invalid-request"),
    ):
        answer = client.get(f"/v1/reports/{path}", params=asked)
        assert (answer.status_code, answer.json()["code"]) == (422, code), path


# --- from the command line ---


@pytest.fixture
def shelfloop(client, monkeypatch):
    def request(method, url, **more):
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, ["reports", *map(str, words)])


def test_reports_from_the_command_line(shelfloop, shared, tmp_path):
    days = ("--since", "2026-02-23", "--until", "2026-03-08")
    asked = shelfloop("share-of-shelf", "--by", "week", "--of", "product", *days)
    assert asked.exit_code == 0, asked.output
    lines = [line.split() for line in asked.stdout.splitlines()]
    assert lines[0] == ["week", "monday", "gtin", "name", "share"]
    assert lines[1] == ["2026-W09", "2026-02-23", JUICE, "Product", "31", "50.0%"]
    assert lines[2] == ["2026-W09", "2026-02-23", "unknown", "–", "25.0%"]
    assert lines[-1] == ["2026-02-23", "to", "2026-03-08."]
    file = tmp_path / "shares.csv"
    assert shelfloop("share-of-shelf", "--category", "drinks", *days, "--csv", file).exit_code == 0
    assert file.read_text().splitlines() == ["category,share", "drinks > juice,0.5", "drinks > soda,0.5"]
    nothing = shelfloop("compliance", "--by", "store", "--store", "s1", "--format", "supermarket", *days)
    assert nothing.stdout == "2026-02-23 to 2026-03-08: nothing to report.\n"
