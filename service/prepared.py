"""Statements that run at every lease and every submission: compiled once, then handed to the driver as they are.

SQLAlchemy looks a statement up again by all its parts whenever it is executed, and dresses every row. For statements
as large as the queue's that takes longer than the database takes to answer them (`make bench-queue`).
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    String,
    Update,
    any_,
    bindparam,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from service.records import Record

R = TypeVar("R", bound=Any)  # a record; of a mixin of records mypy does not know that it is one
Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
Processor = Callable[[Any], Any]


class Prepared:
    """One statement, compiled for each kind of database when it first runs there."""

    def __init__(self, make: Callable[[str], Statement]) -> None:
        """Take what makes the statement from the name of a dialect.

        Its parameters are `bindparam`s with names, none of them expanding (`is_one_of` takes lists); its columns have
        different names.
        """
        self._make = make
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        """Run it within a session's transaction, after what is pending there, and return the rows.

        They are tuples with columns as attributes.

        Raises:
            sqlalchemy.exc.DBAPIError: as `Session.execute` does.
            KeyError: where a parameter has no value.
        """
        session.flush()
        connection = session.connection()
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _Compiled(self._make(name), connection.dialect)
        return self._compiled[name].run(connection, values)


def is_one_of(column: InstrumentedAttribute[str], name: str, dialect: str) -> ColumnElement[bool]:
    """Say that a column of texts is one of those in a parameter, a list of any length."""
    listed = bindparam(name, type_=JSON)
    if dialect == "postgresql":
        values = select(func.json_array_elements_text(listed)).scalar_subquery()
        return column == any_(func.array(values, type_=ARRAY(String)))
    return column.in_(select(func.json_each(listed).table_valued("value").c.value))


def add_now(session: Session, kind: type[R], values: dict[str, Any]) -> R:
    """Insert a row at once, given all columns of its table, and return its record."""
    _inserting(kind).rows(session, values)  # type: ignore[arg-type]  # mypy does not see that a class is hashable
    return _known(session, kind, values)


def loaded(session: Session, kind: type[R], row: Any) -> R:
    """Return the record of a row with all columns of its table, as if the session had loaded it just now."""
    return _known(session, kind, row._asdict())


def _known(session: Session, kind: type[R], values: dict[str, Any]) -> R:
    record = inspect(kind).class_manager.new_instance()
    instance_dict(record).update(values)
    make_transient_to_detached(record)
    known = session.identity_map.get(inspect(record).key)
    if known is None:
        session.add(record)
        return cast(R, record)
    for name, value in values.items():
        set_committed_value(known, name, value)
    return cast(R, known)


@cache
def _inserting(kind: type[Record]) -> Prepared:
    parameters = {column.name: bindparam(column.name, type_=column.type) for column in kind.__table__.columns}
    return Prepared(lambda _: insert(kind).values(parameters))


class _Compiled:
    """A statement's text for one kind of database, and how its parameters and columns are translated."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        into = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
        self._text = str(compiled)
        self._given = [(name, into[name]) for name, bind in binds.items() if bind.required]
        self._fixed = {name: _put(bind.value, into[name]) for name, bind in binds.items() if not bind.required}
        self._places = compiled.positiontup  # None where parameters go by their names
        self._columns = [(str(column.key), column.type) for column in statement.exported_columns]
        self._row: Any = _row_of(tuple(name for name, _ in self._columns))
        self._read: list[tuple[int, Processor]] | None = None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        named = {name: _put(values[name], into) for name, into in self._given} | self._fixed
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, named if self._places is None else [named[name] for name in self._places])
            return self._rows(cursor, connection.dialect) if self._columns else []
        except connection.dialect.loaded_dbapi.Error as error:
            base = connection.dialect.loaded_dbapi.Error
            raise DBAPIError.instance(self._text, None, error, base, dialect=connection.dialect) from error
        finally:
            cursor.close()

    def _rows(self, cursor: Any, dialect: Dialect) -> list[Any]:
        if self._read is None:
            out_of = [
                kind.dialect_impl(dialect).result_processor(dialect, described[1])
                for (_, kind), described in zip(self._columns, cursor.description, strict=True)
            ]
            self._read = [(place, read) for place, read in enumerate(out_of) if read is not None]
        rows = []
        for row in cursor.fetchall():
            cells = list(row)
            for place, read in self._read:
                cells[place] = read(cells[place])
            rows.append(self._row(cells))
        return rows


def _row_of(columns: tuple[str, ...]) -> Any:
    row: Any = namedtuple("Row", columns)  # type: ignore[misc]
    return row._make


def _put(value: Any, into: Processor | None) -> Any:
    return value if into is None else into(value)
