from datetime import UTC, datetime, timedelta

import time_machine

from presence.models.ids import time_ordered_id

MOMENT = datetime(2026, 3, 2, 5, 0, 0, 123000, tzinfo=UTC)


def test_ids_are_uuids_of_version_7_that_tell_their_moment():
    with time_machine.travel(MOMENT, tick=False):
        made = [time_ordered_id() for _ in range(1000)]

    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert {one.int >> 80 for one in made} == {int(MOMENT.timestamp() * 1000)}
    assert len(set(made)) == 1000


def test_later_ids_come_later():
    made = []
    for milliseconds in range(5):
        with time_machine.travel(MOMENT + timedelta(milliseconds=milliseconds), tick=False):
            made.append(time_ordered_id())

    assert sorted(made) == made
