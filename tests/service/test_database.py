"""Connections to the records, given back."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import text

from service.database import Database


def test_a_connection_in_use_while_its_database_is_closed_is_closed_after_that(database_url):
    database = Database(database_url)
    with database.read() as session:
        connection = session.connection().connection.dbapi_connection
        database.close()
        assert session.scalar(text("SELECT 1")) == 1
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        connection.execute("SELECT 1")
