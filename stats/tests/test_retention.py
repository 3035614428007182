"""What is kept no longer, and what stays (spec 5, Retention)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connections

from presence.models import LivePresence, UserSession
from presence.services import retention as presence_retention
from presence.tests.factories import PresenceFactory, SessionFactory
from stats.models import AccessDay, AccessLog, AccessSummary
from stats.services import retention
from stats.tasks import prune as prune_task
from stats.tests.factories import AccessLogFactory, ExportFactory
from stats.tests.sealed import seal_rows
from webinars.models import AuditEntry, Webinar
from webinars.tests.factories import UserFactory, WebinarFactory

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
NOTHING = dict.fromkeys(retention.parts, 0)


def ended(ago: timedelta, **fields) -> Webinar:
    """A webinar of an hour that ended so long ago; its collect window was over 30 minutes later."""
    end = NOW - ago
    return WebinarFactory(
        state="ended", webinar_start_time=end - timedelta(hours=1), webinar_actual_end_time=end, **fields
    )


def closed_session(webinar: Webinar, **fields) -> UserSession:
    start, end = webinar.webinar_start_time, webinar.webinar_actual_end_time
    return SessionFactory(
        webinar=webinar, entered_at=start, last_heartbeat_at=end, exited_at=end, closed_reason="exit", **fields
    )


def sampled(webinar: Webinar) -> AccessSummary:
    return AccessSummary.objects.create(
        webinar=webinar, client=webinar.client, agency=webinar.agency, last_sample_at=webinar.webinar_actual_end_time
    )


def prune(times: int = 1) -> list[dict[str, int]]:
    return [retention.prune(now=NOW) for _ in range(times)]


@pytest.mark.django_db
def test_presence_goes_a_week_after_the_end():
    week = timedelta(days=7)
    older, at_the_limit = ended(week + timedelta(seconds=1)), ended(week)
    endless = WebinarFactory(webinar_start_time=NOW - timedelta(days=30), webinar_scheduled_end_time=None)
    planned = WebinarFactory(webinar_start_time=NOW - timedelta(days=8))  # never ended by anybody
    for webinar in (older, older, at_the_limit, endless, planned):
        PresenceFactory(webinar=webinar)

    assert prune(2) == [{**NOTHING, "presence": 3}, NOTHING]
    assert set(LivePresence.objects.values_list("webinar", flat=True)) == {at_the_limit.pk, endless.pk}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "is_sealed", "is_kept"), [(91, True, False), (91, False, True), (89, True, True), (90, True, True)]
)
def test_raw_sessions_go_after_90_days_once_they_are_sealed(days, is_sealed, is_kept):
    webinar = ended(timedelta(days=days))  # at 90 days, its collect window was over 30 minutes less ago
    closed_session(webinar)
    if is_sealed:
        seal_rows(webinar, [])

    assert prune() == [{**NOTHING, "sessions": 0 if is_kept else 1}]
    assert UserSession.objects.exists() is is_kept


@pytest.mark.django_db
def test_only_the_sealed_webinars_sessions_go():
    gone, kept = ended(timedelta(days=100)), ended(timedelta(days=100))
    for webinar in (gone, gone, kept):
        closed_session(webinar)
    seal_rows(gone, [])

    assert prune() == [{**NOTHING, "sessions": 2}]
    assert UserSession.objects.get().webinar == kept


@pytest.mark.django_db
def test_an_open_session_stays():
    webinar = ended(timedelta(days=100))
    SessionFactory(webinar=webinar, entered_at=webinar.webinar_start_time)

    assert presence_retention.prune_sessions(webinar_id=webinar.pk) == 0
    assert UserSession.objects.count() == 1


@pytest.mark.django_db
def test_how_many_came_is_still_known_without_the_sessions(call, webinar, organizer):
    old = ended(timedelta(days=100), client=webinar.client)
    AccessLogFactory(webinar=old, time_bucket=old.webinar_start_time)
    sampled(old)
    person = UserFactory()
    for user in (person, person, UserFactory(), None):
        closed_session(old, user=user)
    seal_rows(old, [])
    caller = call(old, organizer)

    def attendees():
        return caller.get("stats/access").json()["data"]["totalAttendees"]

    before = attendees()
    prune(2)

    assert (before, attendees(), UserSession.objects.count()) == (2, 2, 0)
    summary = AccessSummary.objects.get()
    assert (summary.sessions, summary.total_attendees, summary.counted_at) == (4, 2, NOW)


@pytest.mark.django_db
def test_samples_go_after_two_years_by_whole_days():
    webinar = WebinarFactory(webinar_start_time=NOW - timedelta(days=800), webinar_scheduled_end_time=None)
    oldest_kept = datetime(2024, 11, 20, tzinfo=UTC)
    for moment in (oldest_kept - timedelta(days=30), oldest_kept - timedelta(minutes=5), oldest_kept, NOW):
        AccessLogFactory(webinar=webinar, time_bucket=moment)
    for day in (oldest_kept - timedelta(days=1), oldest_kept):
        AccessDay.objects.create(
            webinar=webinar, client=webinar.client, agency=webinar.agency,
            day=day, sample_count=3, sum_participants=9, max_participants=4, peak_time=day,
        )  # fmt: skip

    assert prune(2) == [{**NOTHING, "access_logs": 2}, NOTHING]
    assert list(AccessLog.objects.order_by("time_bucket").values_list("time_bucket", flat=True)) == [oldest_kept, NOW]
    assert AccessDay.objects.get().day == oldest_kept


@pytest.mark.django_db
def test_the_settings_say_how_long(settings):
    settings.PRESENCE_RETENTION_DAYS, settings.SESSION_RETENTION_DAYS, settings.ACCESS_LOG_RETENTION_MONTHS = 1, 2, 3
    younger, older = ended(timedelta(days=1)), ended(timedelta(days=2, hours=1))
    for webinar in (younger, older):
        PresenceFactory(webinar=webinar)
        closed_session(webinar)
        seal_rows(webinar, [])
    for months in (2, 4):
        AccessLogFactory(webinar=younger, time_bucket=NOW - timedelta(days=30 * months))

    assert prune() == [{**NOTHING, "presence": 1, "sessions": 1, "access_logs": 1}]


@pytest.mark.django_db
def test_batches_are_bounded_and_reach_the_end(monkeypatch, django_assert_num_queries):
    webinar = ended(timedelta(days=100))
    for _ in range(5):
        closed_session(webinar)
    monkeypatch.setattr(presence_retention, "BATCH", 2)

    with django_assert_num_queries(3):  # two full batches and the rest
        deleted = presence_retention.prune_sessions(webinar_id=webinar.pk)

    assert deleted == 5


@pytest.mark.django_db
def test_the_command_counts_before_it_deletes(capsys):
    webinar = ended(timedelta(days=800))
    PresenceFactory(webinar=webinar)
    closed_session(webinar)
    seal_rows(webinar, [])
    AccessLogFactory(webinar=webinar, time_bucket=webinar.webinar_start_time)
    ExportFactory(webinar=webinar, expires_at=webinar.webinar_start_time)

    with time_machine.travel(NOW, tick=False):
        call_command("prune", "--dry-run")
        call_command("prune")
        call_command("prune", "--dry-run")

    due = {**NOTHING, "presence": 1, "sessions": 1, "access_logs": 1, "exports": 1}
    said = [f"{name}: {count} {{}}" for name, count in due.items()]
    assert capsys.readouterr().out.splitlines() == [
        *[line.format("would be deleted") for line in said],
        *[line.format("deleted") for line in said],
        *[f"{name}: 0 would be deleted" for name in NOTHING],
    ]
    entry = AuditEntry.objects.get(action="data.pruned")
    assert (entry.actor_id, entry.agency_id, entry.details) == (None, None, {"by": "command", "rows": due})


@pytest.mark.django_db
def test_cron_prunes(client, settings):
    webinar = WebinarFactory(webinar_start_time=NOW - timedelta(days=800))
    PresenceFactory(webinar=webinar)

    answer = client.post("/api/cron/prune", headers={"Authorization": f"Bearer {settings.CRON_SECRET}"})

    assert (answer.status_code, LivePresence.objects.count()) == (204, 0)


@pytest.mark.django_db
def test_the_job_runs_at_night(scheduled):
    job = scheduled[prune_task.name]

    assert (job.crontab.hour, job.crontab.minute, str(job.crontab.timezone)) == ("18", "30", "UTC")
    with time_machine.travel(NOW, tick=False):
        assert prune_task() == NOTHING


@pytest.mark.django_db(transaction=True)
def test_two_at_once_delete_everything_once(monkeypatch):
    monkeypatch.setattr(presence_retention, "BATCH", 7)
    webinar = WebinarFactory(webinar_start_time=NOW - timedelta(days=8))
    user_ids = [user.pk for user in UserFactory.create_batch(50)]
    LivePresence.objects.bulk_create(
        LivePresence(
            webinar=webinar, user_id=user_id, client=webinar.client, agency=webinar.agency,
            joined_at=NOW - timedelta(days=8), last_seen_at=NOW - timedelta(days=8),
        )
        for user_id in user_ids
    )  # fmt: skip

    def run(_):
        try:
            return presence_retention.prune_presence(now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        deleted = list(pool.map(run, range(4)))

    assert (sum(deleted), LivePresence.objects.count()) == (50, 0)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_enters_as_attendance_is_sealed_is_told_that_it_is_over(call, webinar, attendee):
    """Not that there is no such webinar: the page stops, and says why."""
    caller = call(webinar, attendee)
    seal_rows(webinar, [])

    answer = caller.post("access/track", {"session_id": "0b7d1e9c-1111-4222-8333-444455556666"})

    assert (answer.status_code, answer.json()["code"]) == (410, "webinar_closed")
    assert UserSession.objects.count() == 0
