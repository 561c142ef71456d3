"""CSV files as people's spreadsheets make them, without a service."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.catalogue_events import Added, Changed, Delisted, Relisted, VariantAdded, VariantRemoved
from retail.products import Product, Variant, VariantKind
from service.catalogue.files.cells import BadCell, read_category, read_date, read_gtin, write_category
from service.catalogue.files.differences import events_between, line_between
from service.catalogue.files.staging import StagedProducts
from service.problems import Problem

OAT = Product("4006381333931", "Oat drink 1 l", ("drinks", "oat"), "oat")
FIRST_LINE = "gtin,name,category\n"


def staged(text: str | bytes) -> list:
    with StagedProducts(io.BytesIO(text if isinstance(text, bytes) else text.encode())) as found:
        return list(found)


def mistakes(text: str | bytes) -> list[tuple]:
    with pytest.raises(Problem) as refused:
        staged(text)
    assert refused.value.status == 422
    found = refused.value.members["errors"]
    assert all(mistake["remedy"] for mistake in found)
    return [(mistake["line"], mistake["column"], mistake["detail"]) for mistake in found]


# --- cells ---


@pytest.mark.parametrize("cell", ["4.0123E+12", "4,01E+12", "4e12"])
def test_a_gtin_that_a_spreadsheet_rounded(cell):
    with pytest.raises(BadCell, match="a spreadsheet rounded: its last digits are lost") as refused:
        read_gtin(cell)
    assert refused.value.remedy.startswith("Format the column as text")


def test_a_gtin_without_its_leading_zeros():
    with pytest.raises(BadCell) as refused:
        read_gtin("12345678905")
    assert refused.value.remedy == "If a spreadsheet dropped leading zeros, write 00012345678905."


@given(st.lists(st.text().map(str.strip).filter(bool), min_size=1, max_size=12))
def test_a_category_is_read_as_it_was_written(path):
    path = tuple(part[:100].strip().replace("\0", "0") or "x" for part in path)
    assert read_category(write_category(path)) == path


def test_categories_that_people_type():
    assert read_category("drinks>juice") == read_category(" drinks  > juice ") == ("drinks", "juice")
    assert read_category(r"18\>16 years > a\\b > c\ ".strip()) == ("18>16 years", "a\\b", "c\\")
    for wrong in ("", "drinks >", "> juice", "drinks > > juice"):
        with pytest.raises(BadCell, match="has an empty part"):
            read_category(wrong)


def test_days():
    assert read_date("2026-12-31") == read_date("31.12.2026") == date(2026, 12, 31)
    assert read_date("") is None
    with pytest.raises(BadCell) as refused:
        read_date("12/31/2026")
    assert refused.value.remedy == "Write it as 2026-12-31."


# --- files ---


@pytest.mark.parametrize(
    "text",
    [
        "gtin,name,category\n4006381333931,Oat drink,drinks\n",
        "\ufeffGTIN;Name;Category\r\n4006381333931;Oat drink;drinks\r\n",
        'gtin\tname\tcategory\r\n4006381333931\t" Oat drink "\tdrinks',
        'category,name,gtin\n\n,,\n"drinks",Oat drink,4006381333931',
    ],
    ids=["plain", "European spreadsheet", "tabs", "empty lines and another order"],
)
def test_forms_of_a_file(text):
    [(gtin, [row])] = staged(text)
    assert (gtin, row.product) == ("04006381333931", {"name": "Oat drink", "category": ("drinks",)})


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200).map(str.strip).filter(bool)
)
def test_a_name_is_read_as_it_was_written(name):
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("gtin", "name", "category"), (OAT.gtin, name, "drinks")])
    [(_, [row])] = staged(file.getvalue())
    assert row.product["name"] == name


def test_lines_are_counted_where_a_text_has_several():
    text = FIRST_LINE + '4006381333931,"Oat\ndrink",drinks\n\n4006381333932,Oat drink,drinks\n'
    assert mistakes(text) == [(5, "gtin", "'4006381333932' has check digit 2, expected 1")]


def test_every_mistake_is_told():
    text = (
        "gtin,name,category,valid_until,variant_id,variant_kind\n"
        ",x,drinks,,,\n"
        "4006381333931,,drinks > ,tomorrow,a b,new\n"
        f"00000000000017,{'x' * 201},drinks,,,\n"
        "00000000000024,x\n"
        "00000000000031,x,drinks,,,\n"
        "00000000000031,y,drinks,,,\n"
        '00000000000048,"x,drinks'
    )
    assert mistakes(text) == [
        (2, "gtin", "'' is not a GTIN: expected 8, 12, 13 or 14 digits"),
        (3, "name", "is empty"),
        (3, "category", "'drinks >' has an empty part"),
        (3, "valid_until", "'tomorrow' is not a day"),
        (3, "variant_kind", "'new' is no kind of variant"),
        (3, "variant_id", "'a b' is not a variant's id"),
        (4, "name", "has 201 characters"),
        (5, None, "the row has 2 cells, the header 6"),
        (7, "variant_id", "'00000000000031' is on line 6 too"),
        (7, "name", "is 'y', but 'x' on line 6 of the same product"),
        (8, None, "this and all that follows cannot be read: unexpected end of data"),
    ]


def test_the_first_hundred_mistakes_are_told_and_the_others_counted():
    with pytest.raises(Problem) as refused:
        staged(FIRST_LINE + "1,x,drinks\n" * 150)
    assert len(refused.value.members["errors"]) == 100
    assert refused.value.members["error_count"] == 150
    assert refused.value.detail.startswith("line 2, column gtin: ")
    assert "; 149 more. Nothing was changed." in refused.value.detail


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", [(1, column, "this column is missing") for column in ("gtin", "name", "category")]),
        (
            "gtin,name,category,price,gtin\n",
            [(1, "price", "this column is unknown"), (1, "gtin", "this column is there twice")],
        ),
        ("gtin,name,category\n".encode("utf-16"), [(1, None, "the file is UTF-16")]),
        (FIRST_LINE.encode() + "4006381333931,Müsli,drinks".encode("cp1252"), [(2, "name", "is not UTF-8")]),
        (FIRST_LINE + "4006381333931,a\0b,drinks", [(2, "name", "has a NUL character")]),
    ],
    ids=["empty", "columns", "UTF-16", "Windows", "NUL"],
)
def test_what_is_no_catalogue(text, told):
    assert mistakes(text) == told


# --- differences ---


def test_a_new_product():
    assert list(events_between(None, OAT)) == [Added(OAT)]
    assert line_between(None, OAT) == "+ 04006381333931 Oat drink 1 l (drinks > oat)"


def test_a_changed_product():
    gtin = OAT.gtin
    old = replace(OAT, variants=(Variant("old", gtin),))
    xmas = Variant("xmas", gtin, VariantKind.SEASONAL, date(2026, 12, 1), date(2026, 12, 26))
    new = replace(OAT, family="oat drinks", category=("oat",), variants=(xmas,), valid_until=date(2027, 1, 31))
    assert list(events_between(old, new)) == [
        Changed(gtin, "Oat drink 1 l", ("oat",), "oat drinks"),
        VariantAdded(gtin, xmas),
        VariantRemoved(gtin, "old"),
        Delisted(gtin, date(2027, 1, 31)),
    ]
    assert line_between(old, new) == (
        '~ 04006381333931 Oat drink 1 l: category "drinks > oat" -> "oat", family "oat" -> "oat drinks", '
        "valid_until none -> 2027-01-31, variant xmas added (seasonal, 2026-12-01 to 2026-12-26), variant old removed"
    )


def test_a_season_that_comes_again_is_listed_before_its_days_change():
    summer, next_summer = ((date(year, 6, 1), date(year, 8, 31)) for year in (2026, 2027))
    old = replace(OAT, valid_from=summer[0], valid_until=summer[1])
    new = replace(OAT, valid_from=next_summer[0], valid_until=next_summer[1])
    assert list(events_between(old, new)) == [
        Relisted(OAT.gtin),
        Changed(OAT.gtin, OAT.name, OAT.category, OAT.family, date(2027, 6, 1)),
        Delisted(OAT.gtin, date(2027, 8, 31)),
    ]
    assert list(events_between(new, new)) == []
