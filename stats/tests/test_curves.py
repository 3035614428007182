"""Curves and the ledger's peak against a count of every second, also from sealed rows (spec 7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presence.models import UserSession
from presence.tests.factories import SessionFactory
from stats.selectors.curves import LedgerPeak, curves, ledger_peak
from stats.tests.sealed_rows import keep_sealed
from webinars.tests.factories import UserFactory, WebinarFactory

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
WINDOW = 10 * 60
STALE = 300

# (person, second of entering, seconds until the last sign, how it ended); a guest is person None
visits = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, 3, None]),
        st.integers(-200, WINDOW + 100),
        st.integers(0, 500),
        st.sampled_from(["exit", "timeout", "open"]),
    ),
    max_size=12,
)


def at(second):
    return START + timedelta(seconds=second)


def make_webinar(**fields):
    return WebinarFactory(webinar_start_time=START, **{"webinar_scheduled_end_time": at(WINDOW), **fields})


def record(webinar, visits, people, now):
    """Sessions as the hot path would have left them at `now`; answers (person, begin, counted end) of people's."""
    counted = []
    for person, entered, length, ending in visits:
        if entered > now:
            continue
        sign = min(entered + length, now)
        SessionFactory(
            webinar=webinar,
            user=people[person] if person is not None else None,
            entered_at=at(entered),
            last_heartbeat_at=at(sign),
            exited_at=None if ending == "open" else at(sign),
            closed_reason=None if ending == "open" else ending,
        )
        if person is not None:
            counted.append((person, entered, min(now, sign + STALE) if ending == "open" else sign))
    return counted


def every_second(counted, until):
    """The people who were there in each second of the window, and all who attended, if only at one instant."""
    there = [{person for person, begin, end in counted if begin <= second < end} for second in range(max(0, until))]
    attended = {person for person, begin, end in counted if begin < until and (end > 0 or begin == end == 0)}
    return there, attended


def slow_curves(counted, until):
    there, attended = every_second(counted, until)
    before = [there[0] if there else set(), *there[:-1]]
    minutes = range(0, until, 60)
    seconds_of = {person: sum(person in now for now in there) for person in attended}
    classes = [0] * 10
    for seconds in seconds_of.values():
        classes[min(9, seconds * 10 // until)] += 1
    return {
        "minutes": [at(minute) for minute in minutes],
        "stepSeconds": 60,
        "attended": len(attended),
        "alreadyThere": len(there[0]) if there else 0,
        "entries": [
            sum(len(now - earlier) for now, earlier in zip(there[m : m + 60], before[m : m + 60], strict=True))
            for m in minutes
        ],
        "exits": [
            sum(len(earlier - now) for now, earlier in zip(there[m : m + 60], before[m : m + 60], strict=True))
            for m in minutes
        ],
        "stillThere": [
            round(100 * len(set().union(*there[m:])) / len(attended), 1) if attended else None for m in minutes
        ],
        "peopleConnected": {
            "fewest": [min(len(now) for now in there[m : m + 60]) for m in minutes],
            "most": [max(len(now) for now in there[m : m + 60]) for m in minutes],
        },
        "watchHistogram": [
            {"fromSeconds": round(until / 10 * n), "toSeconds": round(until / 10 * (n + 1)), "people": classes[n]}
            for n in range(10)
        ]
        if until
        else [],
        "sealed": False,
        "window": {"start": START, "end": at(until)},
    }


def slow_peak(counted, until):
    there, _ = every_second(counted, until)
    most = max((len(now) for now in there), default=0)
    return LedgerPeak(most, next(at(s) for s, now in enumerate(there) if len(now) == most) if most else None)


@pytest.fixture
def people(db):
    return UserFactory.create_batch(4)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=visits, now=st.integers(1, WINDOW + 700), ended=st.sampled_from(["planned", "early", "never"]))
def test_every_curve(people, visits, now, ended):
    webinar = make_webinar(
        webinar_scheduled_end_time=None if ended == "never" else at(WINDOW),
        **({"state": "ended", "webinar_actual_end_time": at(431)} if ended == "early" else {}),
    )
    until = min(now, {"planned": WINDOW, "early": 431, "never": now}[ended])
    counted = record(webinar, visits, people, now)
    expected = slow_curves(counted, until)

    found = curves(webinar, at(now))
    found_peak = ledger_peak(webinar.pk, webinar.content_window, at(now))
    keep_sealed(webinar, now=at(now))
    UserSession.objects.filter(webinar=webinar).delete()
    sealed = curves(webinar, at(now + 7))

    assert found == expected
    assert found_peak == slow_peak(counted, until)
    assert sealed == {**expected, "sealed": True}


@pytest.mark.django_db
def test_comings_and_goings_balance_with_who_is_there():
    webinar = make_webinar()
    visits = [(person, person * 37 - 90, 120 + person * 41, "exit") for person in range(12)]
    record(webinar, visits, UserFactory.create_batch(12), WINDOW)

    found = curves(webinar, at(WINDOW))

    there = found["alreadyThere"]
    for entries, exits, fewest, most in zip(
        found["entries"], found["exits"], *found["peopleConnected"].values(), strict=True
    ):
        there += entries - exits
        assert fewest <= there <= most
    assert (found["alreadyThere"], sum(found["entries"]), found["peopleConnected"]["most"][0]) == (3, 9, 4)


@pytest.mark.django_db
@pytest.mark.parametrize("sessions", [1, 3])
def test_three_queries_however_many(sessions, django_assert_num_queries):
    webinar = make_webinar()
    record(webinar, [(n, 0, 60, "exit") for n in range(sessions)], UserFactory.create_batch(3), WINDOW)

    with django_assert_num_queries(3):  # 1. the newest seal, 2. the steps, 3. what all watched
        curves(webinar, at(WINDOW))
    with django_assert_num_queries(1):  # 1. the peak
        ledger_peak(webinar.pk, webinar.content_window, at(WINDOW))


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [-10, 0])
def test_before_the_start_there_is_nothing_to_draw(minutes):
    webinar = make_webinar()
    SessionFactory(webinar=webinar, entered_at=at(-700))

    found = curves(webinar, at(60 * minutes))

    assert found == {
        "minutes": [],
        "stepSeconds": 60,
        "attended": 0,
        "alreadyThere": 0,
        "entries": [],
        "exits": [],
        "stillThere": [],
        "peopleConnected": {"fewest": [], "most": []},
        "watchHistogram": [],
        "sealed": False,
        "window": {"start": START, "end": START},
    }
    assert ledger_peak(webinar.pk, webinar.content_window, at(60 * minutes)) == LedgerPeak(0, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("length", "step", "steps"),
    [
        (timedelta(days=1), 60, 1440),
        (timedelta(days=1, seconds=1), 300, 289),
        (timedelta(days=3 * 365), 86_400, 1095),
    ],
)
def test_long_windows_have_longer_steps(length, step, steps):
    webinar = make_webinar(webinar_scheduled_end_time=START + length)

    found = curves(webinar, START + length)

    assert (found["stepSeconds"], len(found["minutes"])) == (step, steps)


@pytest.mark.django_db
def test_other_webinars_are_not_counted():
    webinar, other = make_webinar(), make_webinar()
    person = UserFactory()
    record(webinar, [(0, 0, 60, "exit")], [person], WINDOW)
    record(other, [(0, 0, 600, "exit"), (1, 0, 600, "exit")], [person, UserFactory()], WINDOW)

    assert curves(webinar, at(WINDOW))["exits"] == [0, 1, *[0] * 8]
    assert ledger_peak(webinar.pk, webinar.content_window, at(WINDOW)) == LedgerPeak(1, START)
