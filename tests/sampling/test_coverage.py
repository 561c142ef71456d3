"""What labels cover, counted by hand."""

from collections import Counter

import pytest

from sampling.coverage import (
    Cell,
    Coverage,
    batch_sentence,
    count_cells,
    estimate_cells,
    nodes_below,
    standing_sentence,
    tabulate,
)

DIM, WARM = "dim/steep/kiosk", "warm/frontal/kiosk"
JUICE, SODA, BREAD = ("drinks", "juice"), ("drinks", "soda"), ("food", "bread")


def test_a_capture_counts_once_in_each_category_it_shows():
    shown = [(DIM, [JUICE, SODA, BREAD]), (DIM, [JUICE]), (WARM, [])]
    assert count_cells(shown) == {
        Cell(("drinks",), DIM): 2,
        Cell(("food",), DIM): 1,
        Cell((), WARM): 1,
    }


def test_below_a_node_only_its_own_part_of_the_tree_counts():
    shown = [(DIM, [JUICE, SODA, BREAD]), (DIM, [("drinks",)]), (WARM, [BREAD]), (WARM, [])]
    assert count_cells(shown, ("drinks",)) == {Cell(JUICE, DIM): 1, Cell(SODA, DIM): 1, Cell(("drinks",), DIM): 1}
    assert nodes_below([("drinks", "juice", "apple")], ("drinks", "juice")) == {("drinks", "juice", "apple")}


def test_a_sample_is_scaled_up_within_each_stratum():
    sample = {Cell(JUICE, DIM): 5, Cell(BREAD, DIM): 1, Cell(JUICE, WARM): 2}
    assert estimate_cells(sample, {DIM: 10, WARM: 2}, {DIM: 1000, WARM: 2}) == Counter(
        {Cell(JUICE, DIM): 500, Cell(BREAD, DIM): 100, Cell(JUICE, WARM): 2}
    )


@pytest.mark.parametrize(
    ("row", "new", "bare"),
    [
        (Coverage(Cell(JUICE, DIM), batch=2, pool=9), True, False),
        (Coverage(Cell(JUICE, DIM), labelled=1, batch=2), False, False),
        (Coverage(Cell(JUICE, DIM), queued=1, batch=2), False, False),
        (Coverage(Cell(JUICE, DIM), pool=9), False, True),
        (Coverage(Cell(JUICE, DIM), queued=1, pool=9), False, False),
    ],
)
def test_new_is_what_nothing_before_showed_and_bare_what_nothing_shows_yet(row, new, bare):
    assert (row.new, row.bare) == (new, bare)


def test_a_batch_is_said_in_one_sentence():
    table = tabulate(
        labelled={Cell(JUICE, DIM): 3},
        queued={Cell(BREAD, DIM): 1},
        batch={Cell(JUICE, DIM): 1, Cell(BREAD, DIM): 1, Cell(BREAD, WARM): 1, Cell((), DIM): 4},
        pool={Cell(SODA, WARM): 7},
    )
    assert [row.cell for row in table] == sorted(row.cell for row in table)
    assert batch_sentence(table) == (
        "Of 4 combinations of category and condition that the batch shows, 2 are new to the labels: "
        "unknown products in dim light, steep, kiosk; food > bread in warm light, frontal, kiosk. "
        "1 more that the pool shows stays without a label."
    )


def test_a_batch_without_news_says_so():
    table = tabulate({Cell(JUICE, DIM): 3}, {}, {Cell(JUICE, DIM): 1}, {})
    assert batch_sentence(table) == (
        "Everything the batch shows (1 combination of category and condition) is labelled or queued somewhere already."
    )
    assert batch_sentence(tabulate({Cell(JUICE, DIM): 3}, {}, {}, {})) == "The batch shows none of these."


def test_only_the_largest_of_many_are_named():
    strata = [f"{light}/frontal/kiosk" for light in ("cold", "dim", "glare", "warm")]
    table = tabulate({}, {}, {Cell(JUICE, stratum): place for place, stratum in enumerate(strata, 1)}, {})
    said = batch_sentence(table)
    assert said.index("warm light") < said.index("glare light") < said.index("dim light")
    assert said.endswith("; and 1 more.")


def test_the_standing_says_what_is_thin_and_what_is_bare():
    table = tabulate({Cell(JUICE, DIM): 5, Cell(SODA, DIM): 4}, {Cell(BREAD, DIM): 2}, {}, {Cell(BREAD, WARM): 7})
    assert standing_sentence(table) == (
        "4 combinations of category and condition: 1 with 5 labelled captures or more, 1 with fewer, 2 with nothing "
        "labelled yet: food > bread in warm light, frontal, kiosk; food > bread in dim light, steep, kiosk."
    )
    assert standing_sentence(tabulate({Cell(JUICE, DIM): 5}, {}, {}, {})).endswith("0 with fewer.")
    assert standing_sentence(()) == "There is nothing to cover yet."
