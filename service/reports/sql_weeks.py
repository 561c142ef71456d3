"""Weeks in SQL, the same on SQLite and PostgreSQL."""

from datetime import date
from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class monday(FunctionElement[date]):
    """The Monday of a day's week; named as SQL's functions are."""

    inherit_cache = True
    type = Date()


@compiles(monday, "sqlite")
def _sqlite_monday(element: monday, compiler: SQLCompiler, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, 'weekday 0', '-6 days')"


@compiles(monday, "postgresql")
def _postgresql_monday(element: monday, compiler: SQLCompiler, **options: Any) -> str:
    day = compiler.process(element.clauses, **options)
    return f"({day} - (CAST(EXTRACT(ISODOW FROM {day}) AS INTEGER) - 1))"
