"""Between browser tests all tables are emptied, while pages that were closed may still have requests under way."""

from threading import Thread

import psycopg
from django.db import connection, transaction

from tests.browser.conftest import LiveSite, url_of


def test_a_late_request_gives_way_to_the_emptying_of_the_tables(live_site: LiveSite) -> None:
    lost: list[Exception] = []
    with (
        psycopg.connect(url_of(str(connection.settings_dict["NAME"]))) as late,
        transaction.atomic(),
        connection.cursor() as ours,
    ):
        late.execute("SET deadlock_timeout = '1100ms'")  # longer than without what the fixture sets
        late.execute("LOCK TABLE registrations")
        ours.execute("LOCK TABLE webinars")

        def go_on() -> None:
            try:
                late.execute("LOCK TABLE webinars")
            except psycopg.Error as error:
                lost.append(error)
                late.rollback()

        request = Thread(target=go_on)
        request.start()
        ours.execute("LOCK TABLE registrations")
        request.join()

    assert [type(error) for error in lost] == [psycopg.errors.DeadlockDetected]
