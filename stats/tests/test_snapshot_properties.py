"""The timeline against a slow, obvious count of who was there (spec 6)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presence.services.sessions import record_heartbeat
from stats.selectors.access import access_timeline, access_totals
from stats.services.snapshots import take_snapshot
from webinars.services.live_pass import LivePass
from webinars.tests.factories import RegistrationFactory, WebinarFactory

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
ACTIVE, THROTTLE = 180, 60

moments = st.integers(min_value=0, max_value=40 * 60)
pings = st.lists(st.tuples(moments, st.integers(min_value=0, max_value=2)), max_size=30)
ticks = st.lists(moments, max_size=30)


def last_seen(pings, person, at):
    """What presence holds at `at`: pings within a minute of a written one are not written."""
    seen = None
    for moment, who in sorted(pings):
        if who == person and moment <= at and (seen is None or moment - seen >= THROTTLE):
            seen = moment
    return seen


def expected_buckets(pings, ticks, bucket_seconds):
    """One sample for the first tick of each minute, gathered by bucket: (start, samples)."""
    buckets = {}
    sampled = set()
    for tick in sorted(ticks):
        if tick // 60 in sampled:
            continue
        sampled.add(tick // 60)
        seen = [last_seen(pings, person, tick) for person in range(3)]
        people = sum(1 for moment in seen if moment is not None and tick - moment <= ACTIVE)
        buckets.setdefault(tick // bucket_seconds * bucket_seconds, []).append(people)
    return sorted(buckets.items())


@pytest.mark.django_db
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pings=pings, ticks=ticks, bucket_seconds=st.sampled_from([60, 300, 900]))
def test_every_bucket(db, pings, ticks, bucket_seconds):
    webinar = WebinarFactory(
        webinar_start_time=START, webinar_scheduled_end_time=START + timedelta(hours=1), bucket_seconds=bucket_seconds
    )
    passes = [
        LivePass(
            subject=str(RegistrationFactory(webinar=webinar).user_id),
            webinar_id=webinar.pk,
            slug=webinar.slug,
            agency_id=webinar.agency_id,
            client_id=webinar.client_id,
            role="attendee",
            name="",
            verbs=frozenset(),
            expires_at=0,
        )
        for _ in range(3)
    ]

    for moment, kind, person in sorted([(m, 0, p) for m, p in pings] + [(t, 1, None) for t in ticks]):
        now = START + timedelta(seconds=moment)
        if kind == 0:
            record_heartbeat(live_pass=passes[person], session_id=None, is_visible=None, now=now)
        else:
            take_snapshot(now=now)

    timeline = access_timeline(webinar.pk).buckets
    expected = expected_buckets(pings, ticks, bucket_seconds)
    assert [
        (b["time"], b["sampleCount"], b["avgParticipants"], b["minParticipants"], b["maxParticipants"])
        for b in timeline
    ] == [
        (
            START + timedelta(seconds=start),
            len(samples),
            round(sum(samples) / len(samples), 2),
            min(samples),
            max(samples),
        )
        for start, samples in expected
    ]
    everything = [people for _, samples in expected for people in samples]
    summary = access_totals(webinar.pk)
    assert summary["maxConcurrentParticipants"] == max(everything, default=0)
    assert summary["avgConcurrentParticipants"] == (round(sum(everything) / len(everything), 2) if everything else 0)
