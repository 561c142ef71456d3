"""The catalogue as a CSV file, out and in, on each database."""

import pytest
from sqlalchemy import func, select

from retail.gtin import check_digit
from service.auth.permissions import Role
from service.records import CatalogueChangeRecord, ProductRecord

HEADER = "gtin,name,category,family,valid_from,valid_until,variant_id,variant_kind,variant_from,variant_until\r\n"
OAT = "04006381333931,Oat drink 1 l,drinks > oat,oat,,,04006381333931,regular,,\r\n"
XMAS = "04006381333931,Oat drink 1 l,drinks > oat,oat,,,xmas,seasonal,2026-12-01,2026-12-26\r\n"
MILK = "00000000000017,Milk,drinks,,2026-01-01,,00000000000017,regular,,\r\n"
KEFIR = '00000000000024,"Kefir ""fresh""; 18\\>16 years",drinks,,,2026-02-28,00000000000024,regular,,\r\n'


@pytest.fixture
def send(client):
    def post(text: str | bytes, **params):
        return client.post(
            "/v1/catalogue/import",
            content=text if isinstance(text, bytes) else text.encode(),
            params=params,
            headers={"Content-Type": "text/csv; charset=utf-8"},
        )

    return post


def exported(client) -> str:
    answer = client.get("/v1/catalogue/export")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return answer.content.decode()


def test_what_goes_out_comes_in_again(client, send):
    assert exported(client) == HEADER
    assert send(HEADER + XMAS + OAT + KEFIR + MILK).json() == {
        "dry_run": False,
        "catalogue_version": 3,
        "added": 3,
        "changed": 0,
        "delisted": 0,
        "unchanged": 0,
        "touched": {},
        "diff": [
            "+ 00000000000017 Milk (drinks)",
            '+ 00000000000024 Kefir "fresh"; 18\\>16 years (drinks)',
            "+ 04006381333931 Oat drink 1 l (drinks > oat)",
        ],
        "diff_left_out": 0,
    }
    out = exported(client)
    assert out == HEADER + MILK + KEFIR + OAT + XMAS
    again = send(out, complete=True).json()
    assert (again["catalogue_version"], again["unchanged"], again["diff"]) == (3, 3, [])
    kefir = client.get("/v1/products/00000000000024").json()
    assert (kefir["name"], kefir["valid_until"]) == ('Kefir "fresh"; 18\\>16 years', "2026-02-28")


def test_a_dry_run_says_what_the_real_one_does(client, send, context):
    send(HEADER + MILK + KEFIR + OAT + XMAS).raise_for_status()
    before = exported(client)
    file = (
        "\ufeffGTIN;Name;Category;Family;Valid_until;Variant_id;Variant_kind\r\n"
        "4006381333931;Oat drink 1 l;drinks > oat;oat drinks;;;regular\r\n"
        "4006381333931;Oat drink 1 l;drinks > oat;oat drinks;;summer;promotion\r\n"
        "00000000000024;Kefir;drinks;;;;\r\n"
        "00000000000031;Tea;drinks;;;;\r\n"
    )
    tried = send(file, dry_run=True, complete=True).json()
    assert tried == {
        "dry_run": True,
        "catalogue_version": 3,
        "added": 1,
        "changed": 2,
        "delisted": 1,
        "unchanged": 0,
        "touched": {},
        "diff": [
            '~ 00000000000024 Kefir: name "Kefir "fresh"; 18\\>16 years" -> "Kefir", valid_until 2026-02-28 -> none',
            "+ 00000000000031 Tea (drinks)",
            '~ 04006381333931 Oat drink 1 l: family "oat" -> "oat drinks", variant summer added (promotion), '
            "variant xmas removed",
            "- 00000000000017 Milk: last day 2026-03-01",
        ],
        "diff_left_out": 0,
    }
    assert exported(client) == before
    done = send(file, complete=True).json()
    assert {**done, "dry_run": True, "catalogue_version": 3} == tried
    assert exported(client) == HEADER + (
        "00000000000017,Milk,drinks,,2026-01-01,2026-03-01,00000000000017,regular,,\r\n"
        "00000000000024,Kefir,drinks,,,,00000000000024,regular,,\r\n"
        "00000000000031,Tea,drinks,,,,00000000000031,regular,,\r\n"
        "04006381333931,Oat drink 1 l,drinks > oat,oat drinks,,,04006381333931,regular,,\r\n"
        "04006381333931,Oat drink 1 l,drinks > oat,oat drinks,,,summer,promotion,,\r\n"
    )
    with context.database.read() as session:
        log = select(CatalogueChangeRecord.kind, CatalogueChangeRecord.gtin, CatalogueChangeRecord.by)
        kinds = [tuple(row) for row in session.execute(log.where(CatalogueChangeRecord.version > 3))]
    assert kinds == [
        ("relisted", "00000000000024", "a admin"),
        ("changed", "00000000000024", "a admin"),
        ("added", "00000000000031", "a admin"),
        ("changed", "04006381333931", "a admin"),
        ("variant_added", "04006381333931", "a admin"),
        ("variant_removed", "04006381333931", "a admin"),
        ("delisted", "00000000000017", "a admin"),
    ]


def test_what_a_file_does_not_say_stays(client, send):
    send(HEADER + KEFIR + OAT + XMAS).raise_for_status()
    done = send("name,gtin,category\nKefir,00000000000024,drinks\nOat drink,4006381333931,oat\n").json()
    assert (done["changed"], done["delisted"]) == (2, 0)
    assert exported(client) == HEADER + (
        "00000000000024,Kefir,drinks,,,2026-02-28,00000000000024,regular,,\r\n"
        "04006381333931,Oat drink,oat,oat,,,04006381333931,regular,,\r\n"
        "04006381333931,Oat drink,oat,oat,,,xmas,seasonal,2026-12-01,2026-12-26\r\n"
    )


def test_all_or_nothing_and_every_line_at_fault_is_told(client, send):
    send(HEADER + OAT + XMAS + MILK).raise_for_status()
    client.post("/v1/products/00000000000017/rename", json={"new_gtin": "00000000000031"}).raise_for_status()
    before, version = exported(client), client.get("/v1/catalogue/changes").json()["version"]
    wrong = send(
        "gtin,name,category,valid_from,valid_until,variant_id\n"
        "00000000000048,Tea,drinks,,,\n"
        "00000000000017,Milk,drinks,,,\n"
        "00000000000055,Juice,drinks,,,xmas\n"
        "00000000000062,Water,drinks,2026-03-01,2026-02-01,\n"
    )
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["error_count"]) == (422, "bad-csv", 3)
    told = {error["line"]: (error["detail"], error["remedy"]) for error in wrong.json()["errors"]}
    assert told[3][0] == "00000000000017 stood for a product that is now 00000000000031"
    assert "00000000000031" in told[3][1]
    assert told[4][0] == "the variant id 'xmas' belongs to product 04006381333931"
    assert told[5][0] == "the last day 2026-02-01 is before the first, 2026-03-01"
    assert exported(client) == before
    assert client.get("/v1/catalogue/changes").json()["version"] == version


def test_half_of_the_catalogue_does_not_go_by_accident(client, send):
    send(HEADER + OAT + KEFIR + MILK).raise_for_status()  # Kefir went in February
    refused = send(HEADER, complete=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "most-would-be-delisted")
    assert refused.json()["detail"].startswith("The file lacks 2 of the 2 products on sale")
    assert "confirm=2" in refused.json()["remedy"]
    assert send(HEADER, complete=True, confirm=1).status_code == 409
    assert send(HEADER, complete=True, dry_run=True).json()["delisted"] == 2
    assert send(HEADER + MILK, complete=True).json()["delisted"] == 1  # half is not more than half
    assert send(HEADER, complete=True, confirm=1).json()["delisted"] == 1
    again = send(HEADER, complete=True).json()
    assert (again["delisted"], again["catalogue_version"]) == (0, 5)


def test_a_delisting_says_what_it_touches(client, send):
    send(HEADER + OAT + MILK).raise_for_status()
    gtins = ("04006381333931", "00000000000017")
    positions = [{"shelf": 1, "slot": slot, "gtin": gtin} for slot, gtin in enumerate(gtins, 1)]
    client.put("/v1/planograms/drinks", json={"positions": positions}).raise_for_status()
    for dry_run in (True, False):
        assert send(HEADER + MILK, complete=True, dry_run=dry_run).json()["touched"] == {"expired": 1}
    touched = client.get("/v1/catalogue/changes/3/touched").json()["touched"]
    assert [(one["kind"], one["id"], one["action"]) for one in touched] == [("position", "drinks/1/1/1", "expired")]


def test_what_is_not_taken(client, send, key_for, monkeypatch):
    assert client.post("/v1/catalogue/import", json=[]).json()["code"] == "not-csv"
    refused = client.post("/v1/catalogue/import", headers=key_for(Role.STORE) | {"Content-Type": "text/csv"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role-not-allowed")
    monkeypatch.setattr("service.catalogue.files.body.MOST_MEGABYTES", 0.001)
    assert send(HEADER + OAT * 20).json()["code"] == "file-too-large"


def test_a_file_larger_than_other_bodies(client, send, context):
    rows = "".join(f"{gtin(n)},{'x' * 190},drinks,,,,,,,\n" for n in range(100))
    assert send(HEADER + rows + "\n" * 4_000_000).json()["added"] == 100
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ProductRecord)) == 100


def gtin(n: int) -> str:
    return f"{n:013d}" + check_digit(f"{n:013d}")
