"""Planograms as CSV files, and in the form of Azure's retired planogram matching."""

import pytest

A, B, C, D = (f"000000000000{end}" for end in ("17", "24", "31", "48"))
HEADER = "shelf,slot,gtin,name,wide,high,x,width,shelf_base,shelf_clear,bay_width\r\n"
TWO = f"{HEADER}1,1,{A},Apple juice,2,1,0,12.5,40,30,100\r\n1,2,{B},Banana milk,1,3,12.5,8,40,30,100\r\n"


@pytest.fixture
def send(chain):
    def send(text: str, id: str = "p", **params: object):
        headers = {"Content-Type": "text/csv"}
        return chain.client.post(f"/v1/planograms/{id}/csv", content=text.encode(), headers=headers, params=params)

    return send


def test_a_file_goes_in_and_comes_out_the_same(chain, send):
    tried = send(TWO, dry_run=True)
    assert (tried.status_code, tried.json()["version"], tried.json()["changed"]) == (200, 1, True)
    assert chain.client.get("/v1/planograms/p").status_code == 404
    done = send(TWO)
    assert (done.status_code, done.json()["version"]) == (201, 1)
    read = chain.get("/v1/planograms/p")
    assert (read["width"], read["shelves"]) == (100, [{"number": 1, "base": 40, "clear": 30}])
    (juice, milk) = ((p["gtin"], p["wide"], p["high"], p["x"], p["width"]) for p in read["positions"])
    assert (juice, milk) == ((A, 2, 1, 0, 12.5), (B, 1, 3, 12.5, 8))
    export = chain.client.get("/v1/planograms/p/csv")
    assert export.text == TWO
    assert export.headers["Content-Disposition"] == 'attachment; filename="p.csv"'
    assert send(export.text).json()["changed"] is False
    uneven = TWO.replace("12.5,8,", "12.5,0.30000000000000004,")
    assert send(uneven).json()["version"] == 2
    assert send(chain.client.get("/v1/planograms/p/csv").text).json()["changed"] is False
    send(TWO)
    other = send(TWO.replace(f"1,1,{A}", f"2,1,{A}").replace("40,30,100", ",,", 1)).json()
    assert (other["version"], other["diff"][0]) == (
        4,
        "Move Apple juice from shelf 1, position 1 to shelf 2, position 1.",
    )
    assert chain.client.get("/v1/planograms/p/csv?version=1").text == TWO


def test_a_file_of_the_least(chain, send):
    done = send("shelf;slot;gtin\n2;1;17\n".replace("17", A.lstrip("0").zfill(8)), store_format="convenience")
    assert done.json()["store_format"] == "convenience"
    read = chain.get("/v1/planograms/p")["positions"]
    assert [(p["shelf"], p["gtin"], p["wide"], p["high"], p["x"]) for p in read] == [(2, A, 1, 1, None)]


@pytest.mark.parametrize(
    ("rows", "line", "column", "detail"),
    [
        (f"0,1,{A},,,,,,,,\n", 2, "shelf", "'0' is no number from 1 to 100"),
        (f"1,x,{A},,,,,,,,\n", 2, "slot", "'x' is no number from 1 to 1000"),
        ("1,1,18,,,,,,,,\n", 2, "gtin", "'18' is not a GTIN: expected 8, 12, 13 or 14 digits"),
        (f"1,1,{A},,,,,,,,\n1,2,00000000000055,,,,,,,,\n", 3, "gtin", "The catalogue has no product 00000000000055"),
        (f"1,1,{A},,,,,,,,\n1,1,{B},,,,,,,,\n", 3, "slot", "shelf 1 has a slot 1 on line 2 already"),
        (f"1,1,{A},,,,5,,,,\n", 2, "width", "x and width belong together, got 5.0 and None"),
        (f"1,1,{A},,,,5,0,,,\n", 2, "width", "is not more than 0"),
        (f"1,1,{A},,,,1e99,1,,,\n", 2, "x", "'1e99' is no length"),
        (f"1,1,{A},,,,,,40,,\n", 2, "shelf_clear", "is missing for shelf 1"),
        (f"1,1,{A},,,,,,40,30,\n1,2,{B},,,,,,41,30,\n", 3, "shelf_base", "is 41 here and 40 on line 2"),
        (f"1,1,{A},,,,,,,,90\n2,1,{B},,,,,,,,91\n", 3, "bay_width", "is 91 here and 90 on line 2"),
        ("", 1, None, "the file has no positions"),
    ],
)
def test_mistakes_have_a_line_and_a_column(chain, send, rows, line, column, detail):
    refused = send(HEADER + rows)
    assert (refused.status_code, refused.json()["code"]) == (422, "bad-csv")
    (error,) = refused.json()["errors"]
    assert (error["line"], error["column"], error["detail"]) == (line, column, detail)
    assert error["remedy"]


def test_unknown_columns_and_other_bodies(chain, send):
    assert send("shelf,slot,gtin,price\n").json()["field"] == "price"
    assert send("shelf,slot\n").json()["field"] == "gtin"
    assert send(TWO, valid_from="2026-02-02", valid_until="2026-02-01").json()["field"] == "valid_until"
    wrong = chain.client.post("/v1/planograms/p/csv", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (415, "not-csv")


def azure(**changes):
    """Two shelves; three facings of apple juice and one of banana milk on the upper, dates on the lower."""
    return {
        "width": 40.0,
        "height": 60.0,
        "products": [
            {"id": A, "name": "Apple juice", "w": 10.0, "h": 20.0},
            {"id": "24".zfill(8), "name": "Banana milk", "w": 8.0, "h": 18.0},
            {"id": D, "name": "Dates", "w": 5.0, "h": 5.0},
        ],
        "fixtures": [
            {"id": "low", "w": 40.0, "h": 2.0, "x": 0.0, "y": 55.0},
            {"id": "high", "w": 40.0, "h": 2.0, "x": 0.0, "y": 25.0},
        ],
        "positions": [
            {"id": "p1", "productId": A, "fixtureId": "high", "x": 0.0, "y": 5.0},
            {"id": "p2", "productId": A, "fixtureId": "high", "x": 10.0, "y": 5.0},
            {"id": "p3", "productId": "24".zfill(8), "fixtureId": "high", "x": 20.0, "y": 7.0},
            {"id": "p4", "productId": A, "fixtureId": "high", "x": 30.0, "y": 5.0},
            {"id": "p5", "productId": D, "fixtureId": "low", "x": 2.0, "y": 45.0},
            {"id": "p6", "productId": D, "fixtureId": "low", "x": 2.0, "y": 50.0},
        ],
        **changes,
    }


def test_azures_form(chain):
    done = chain.client.post("/v1/planograms/p/azure", json=azure(), params={"valid_from": "2026-04-01"})
    assert (done.status_code, done.json()["valid_from"]) == (201, "2026-04-01")
    read = chain.get("/v1/planograms/p")
    found = [(p["shelf"], p["slot"], p["gtin"], p["wide"], p["high"], p["x"], p["width"]) for p in read["positions"]]
    assert found == [
        (1, 1, A, 2, 1, 0, 20),
        (1, 2, B, 1, 1, 20, 8),
        (1, 3, A, 1, 1, 30, 10),
        (2, 1, D, 1, 2, 2, 5),
    ]
    assert read["shelves"] == [{"number": 1, "base": 25, "clear": 25}, {"number": 2, "base": 55, "clear": 28}]
    assert read["width"] == 40
    inches = chain.client.post("/v1/planograms/p/azure", json=azure(), params={"unit": "inch"}).json()
    assert (inches["width"], inches["positions"][3]["width"]) == (101.6, 12.7)
    assert chain.client.post("/v1/planograms/p/azure", json=azure(), params={"unit": "inch"}).json()["changed"] is False


def test_azures_form_with_mistakes(chain):
    def refused(**changes):
        problem = chain.client.post("/v1/planograms/p/azure", json=azure(**changes)).json()
        return problem["code"], problem["field"], problem["remedy"]

    products = azure()["products"]
    code, field, remedy = refused(products=[{**products[0], "id": "juice-1"}, *products[1:]])
    assert (code, field) == ("invalid-planogram", "positions[0].productId")
    positions = [{**one, "productId": one["productId"].replace(A, "juice-1")} for one in azure()["positions"]]
    code, field, remedy = refused(products=[{**products[0], "id": "juice-1"}, *products[1:]], positions=positions)
    assert (code, field) == ("gtin-expected", "products[0].id")
    assert "GTINs" in remedy
    chain.client.post(f"/v1/products/{D}/delist", json={"last_day": "2026-01-01"}).raise_for_status()
    assert refused()[:2] == ("product-delisted", "products[2].id")
