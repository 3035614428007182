"""The statements of the hot path are planned once per connection."""

import pytest
from django.db import connection

from eventflow.database import fetch_one

STATEMENT = "SELECT %(number)s::int + 1"


@pytest.fixture
def prepared(db):
    def count():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements")
            return cursor.fetchone()

    connection.close()
    connection.connect()
    return count


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_prepared_once_and_used_again(prepared):
    assert [fetch_one(STATEMENT, {"number": number})[0] for number in range(3)] == [1, 2, 3]
    assert prepared() == (1, 3)


@pytest.mark.django_db(transaction=True)
def test_other_queries_are_not_prepared(prepared):
    for _ in range(20):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [1])
    assert prepared() == (0, None)


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_nothing_is_prepared(prepared, settings):
    settings.DATABASE_PREPARED_STATEMENTS = False
    assert fetch_one(STATEMENT, {"number": 1}) == (2,)
    assert prepared() == (0, None)
