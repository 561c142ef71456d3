"""Files of a whole catalogue need no more memory than small ones."""

import io
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from tempfile import TemporaryFile

from retail.gtin import check_digit
from service.catalogue.files.exporting import write_catalogue
from service.catalogue.files.importing import Import
from service.catalogue.files.staging import StagedProducts

MEGABYTE = 1_000_000
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def gtin(number: int) -> str:
    return f"{number:013d}" + check_digit(f"{number:013d}")


def catalogue(rows: int, first: int = 0) -> io.BytesIO:
    lines = (
        f"{gtin(n)},Product {n} of many 500 ml,food > shelf {n % 50},family {n // 4}"
        for n in range(first, first + rows)
    )
    return io.BytesIO("\n".join(("gtin,name,category,family", *lines)).encode())


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


READ_TWO_FILES = """
import resource, sys
from service.catalogue.files.staging import StagedProducts
for path in sys.argv[1:]:
    with open(path, "rb") as file, StagedProducts(file) as staged:
        print(sum(1 for _ in staged), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_fifty_thousand_rows_are_read_in_the_memory_of_one_thousand(tmp_path):
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    for path, rows in ((small, 1_000), (large, 50_000)):
        path.write_bytes(catalogue(rows).getbuffer())
    assert large.stat().st_size > 3 * MEGABYTE
    read = subprocess.run(
        [sys.executable, "-c", READ_TWO_FILES, small, large], check=True, capture_output=True, text=True
    )
    (few, before), (many, after) = (map(int, line.split()) for line in read.stdout.splitlines())
    assert (few, many) == (1_000, 50_000)
    assert after < 1.1 * before


def test_products_are_put_and_written_in_little_memory(context, monkeypatch):
    monkeypatch.setattr("service.catalogue.files.importing._PRODUCTS_AT_ONCE", 100)
    monkeypatch.setattr("service.catalogue.files.exporting._ROWS_AT_ONCE", 100)

    def put(first: int, rows: int) -> None:
        with StagedProducts(catalogue(rows, first)) as staged, context.database.write() as session:
            assert Import(session, "a test", NOW).run(staged, False, 0).added == rows

    def write() -> None:
        with context.database.read() as session, TemporaryFile() as file:
            write_catalogue(session, file)

    put(0, 300)  # what is made once is made now
    few, many = peak(lambda: put(1_000, 300)), peak(lambda: put(2_000, 1_500))
    assert many < 1.3 * few
    assert peak(write) < 0.5 * MEGABYTE
