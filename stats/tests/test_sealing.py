"""Sealing: when, what, and never twice (spec 7)."""

import logging
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from presence.models import UserSession
from presence.selectors.ledger import guest_figures, person_figures, person_stretches
from presence.sql.ledger import frame_of
from presence.tests.factories import SessionFactory
from stats import tasks
from stats.models import AttendanceSeal, SealedAttendance
from stats.selectors.attendance import AttendanceQuery, attendance_page
from stats.services import sealing
from stats.services.retention import prune_sealed_sessions
from stats.services.sealing import NotSealable, seal_attendance, seal_due
from stats.tests.evidence import CLOSED, END, START, Evidence, SealedEvidence, at, ended, page
from stats.tests.sealed import seal_rows
from webinars.models import Webinar
from webinars.tests.factories import UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def sealed_rows(seal):
    return {row.user_id: row for row in SealedAttendance.objects.filter(seal=seal)}


def test_the_rows_are_the_ledgers():
    evidence = Evidence()
    frame = frame_of(evidence.webinar, now=CLOSED)
    figures, stretches = person_figures(frame), person_stretches(frame)

    seal = seal_attendance(webinar=evidence.webinar, now=CLOSED)

    rows = sealed_rows(seal)
    assert len(rows) == seal.people_count == len(figures) == 3
    for one in figures:
        row = rows[one.user_id]
        assert {name: getattr(row, name) for name in one._fields} == one._asdict()
        assert (row.present_ranges, row.visible_ranges) == (
            stretches[one.user_id].present_ranges,
            stretches[one.user_id].visible_ranges,
        )
    assert (rows[evidence.ana.pk].display_name, rows[evidence.ana.pk].email) == ("Ana", "ana@example.com")
    assert seal.totals["guests"] == {
        "sessionCount": 1,
        "connectedSeconds": 1200,
        "visibleSeconds": 1200,
        "uncertaintySeconds": 0,
    }
    assert [*seal.totals["guests"].values()] == [*guest_figures(frame)]


def test_salts_are_long_and_no_two_are_the_same():
    rows = list(SealedAttendance.objects.filter(seal=SealedEvidence().seal))

    assert len({row.identity_salt for row in rows}) == len({row.identity_digest for row in rows}) == 3
    assert {len(row.identity_salt) for row in rows} == {64}


def test_open_sessions_end_at_their_last_heartbeat():
    webinar = ended()
    heard = SessionFactory(webinar=webinar, entered_at=at(10), last_heartbeat_at=at(40))
    never = SessionFactory(webinar=webinar, entered_at=at(20), last_heartbeat_at=None)
    fresh = SessionFactory(webinar=webinar, entered_at=at(80), last_heartbeat_at=CLOSED - timedelta(seconds=1))
    elsewhere = SessionFactory(webinar=ended(), entered_at=at(10))

    seal_attendance(webinar=webinar, now=CLOSED)

    found = UserSession.objects.in_bulk()
    assert [(found[one.pk].exited_at, found[one.pk].closed_reason) for one in (heard, never, fresh, elsewhere)] == [
        (at(40), "timeout"),
        (at(20), "timeout"),
        (CLOSED - timedelta(seconds=1), "timeout"),
        (None, None),
    ]


def test_however_many_people_it_takes_as_many_queries():
    counts = []
    for people in (1, 30):
        webinar = ended()
        for minute in range(people):
            page(webinar, UserFactory(), 0, minute + 1)
            page(webinar, None, 0, minute + 1)
        with CaptureQueriesContext(connection) as queries:
            seal_attendance(webinar=webinar, now=CLOSED)
        counts.append(len(queries))

    assert counts[0] == counts[1] == 27


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": "draft", "webinar_actual_end_time": None}, "This webinar is a draft. Nobody attended it."),
        (
            {"state": "live", "webinar_scheduled_end_time": None, "webinar_actual_end_time": None},
            "The end of this webinar is unknown. End it first.",
        ),
        ({"state": "live", "webinar_actual_end_time": None}, "This webinar has not ended. End it first."),
        (
            {"post_window_minutes": 31},
            "Attendance is still counted, until 2 Mar 2026, 15:31 (Asia/Seoul). It can be sealed from then on.",
        ),
    ],
)
def test_what_cannot_be_sealed_yet(change, sentence):
    webinar = ended(**change)
    page(webinar, UserFactory(), 0, 10, exited_at=None, reason=None)

    with pytest.raises(NotSealable) as refused:
        seal_attendance(webinar=webinar, now=CLOSED)

    assert (refused.value.status_code, str(refused.value.message)) == (409, sentence)
    assert UserSession.objects.open().count() == 1


def test_the_instant_at_which_it_can_be_sealed():
    webinar = ended()

    with pytest.raises(NotSealable):
        seal_attendance(webinar=webinar, now=CLOSED - timedelta(microseconds=1))

    assert seal_attendance(webinar=webinar, now=CLOSED).window_end == END


def test_what_the_database_says_counts_and_not_what_the_caller_holds():
    webinar = ended()
    Webinar.objects.filter(pk=webinar.pk).update(webinar_actual_end_time=at(50))

    assert seal_attendance(webinar=webinar, now=CLOSED).window_end == at(50)

    other = ended()
    Webinar.objects.filter(pk=other.pk).update(webinar_actual_end_time=at(70))
    with pytest.raises(NotSealable):
        seal_attendance(webinar=other, now=CLOSED)


def test_sealing_twice_answers_the_same_seal():
    case = SealedEvidence()

    again = seal_attendance(webinar=case.webinar, now=CLOSED + timedelta(hours=1))

    assert again == case.seal
    assert AttendanceSeal.objects.filter(webinar=case.webinar).count() == 1


def test_a_correction_is_a_new_version_beside_the_old():
    case = SealedEvidence()
    Webinar.objects.filter(pk=case.webinar.pk).update(webinar_actual_end_time=at(40))
    later = CLOSED + timedelta(days=1)

    seal = seal_attendance(webinar=case.webinar, now=later, author=case.cho, reason=" It ended at 40 past. ")

    assert (seal.version, seal.reason, seal.author, seal.sealed_at, seal.window_end) == (
        2,
        "It ended at 40 past.",
        case.cho,
        later,
        at(40),
    )
    assert (seal.position, seal.previous_sha256) == (4, case.after.sha256)
    assert [*AttendanceSeal.objects.current().filter(webinar=case.webinar)] == [seal]
    assert sealed_rows(case.seal)[case.ana.pk].unique_seconds == 3000
    assert sealed_rows(seal)[case.ana.pk].unique_seconds == 2400


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"reason": ""}, "Say why the sealed attendance is corrected."),
        ({"reason": "  "}, "Say why the sealed attendance is corrected."),
        ({"reason": "Nobody said so.", "author": None}, "Say who corrects the sealed attendance."),
        (
            {"reason": "Again.", "seen_version": 2},
            "This attendance has just been corrected by somebody else: version 1 is the newest.",
        ),
    ],
)
def test_corrections_that_are_refused(options, sentence):
    case = SealedEvidence()
    options = {"author": case.cho, **options}

    with pytest.raises(NotSealable) as refused:
        seal_attendance(webinar=case.webinar, now=CLOSED, **options)

    assert (refused.value.status_code, str(refused.value.message)) == (409, sentence)
    assert AttendanceSeal.objects.filter(webinar=case.webinar).count() == 1


def test_no_correction_without_the_sessions():
    case = SealedEvidence()
    later = CLOSED + timedelta(days=settings.SESSION_RETENTION_DAYS + 1)
    prune_sealed_sessions(later)

    with pytest.raises(NotSealable) as refused:
        seal_attendance(webinar=case.webinar, now=later, author=case.cho, reason="Too late.")

    assert str(refused.value.message) == (
        "The sessions of this webinar are no longer kept, so that its attendance can no longer be corrected."
    )


def test_the_database_refuses_a_correction_without_an_author():
    case = SealedEvidence()

    with pytest.raises(IntegrityError, match="seal_correction_has_author"), transaction.atomic():
        seal_rows(case.webinar, [], version=2, author_id=None)


def test_seals_of_a_client_follow_each_other():
    case = SealedEvidence()

    assert [(seal.position, seal.previous_sha256) for seal in AttendanceSeal.objects.order_by("position")] == [
        (1, ""),
        (2, case.before.sha256),
        (3, case.seal.sha256),
    ]


def test_the_log_says_which_seal_and_no_name(caplog, django_capture_on_commit_callbacks):
    evidence = Evidence()

    with caplog.at_level(logging.INFO, "stats.services.sealing"), django_capture_on_commit_callbacks(execute=True):
        seal = seal_attendance(webinar=evidence.webinar, now=CLOSED)

    assert [record.getMessage() for record in caplog.records] == [f"attendance sealed: seal {seal.pk}, version 1"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attendance_seals SET reason = 'x'",
        "DELETE FROM attendance_seals",
        "UPDATE sealed_attendance SET connected_seconds = 9999",
        "UPDATE sealed_attendance SET display_name = 'Eve'",
        "DELETE FROM sealed_attendance",
        (
            "INSERT INTO sealed_attendance"
            " SELECT (jsonb_populate_record(s, jsonb_build_object('row', row + 90))).* FROM sealed_attendance s"
        ),
    ],
)
def test_the_database_refuses_to_change_a_seal(statement):
    SealedEvidence()
    connection.check_constraints()

    with pytest.raises(IntegrityError, match="sealed attendance cannot be"), transaction.atomic():
        connection.cursor().execute(statement)


def test_everything_that_is_due_is_sealed_and_nothing_else():
    due = [ended(), ended(post_window_minutes=0), ended(webinar_actual_end_time=at(10))]
    due.append(WebinarFactory(state="scheduled", webinar_start_time=START, webinar_scheduled_end_time=END))
    WebinarFactory(state="live", webinar_start_time=START, webinar_scheduled_end_time=None)
    WebinarFactory(state="draft", webinar_start_time=START, webinar_scheduled_end_time=END)
    ended(post_window_minutes=31)

    sealed = [seal_due(CLOSED), seal_due(CLOSED + timedelta(seconds=59))]

    assert sealed == [4, 0]
    assert {*AttendanceSeal.objects.values_list("webinar", flat=True)} == {webinar.pk for webinar in due}
    assert {*AttendanceSeal.objects.values_list("author", "reason", "version")} == {(None, "", 1)}


def test_the_newest_does_not_wait_behind_history(monkeypatch):
    old, new = ended(webinar_actual_end_time=at(50)), ended()
    monkeypatch.setattr(sealing, "SEALED_AT_ONCE", 1)

    order = []
    while seal_due(CLOSED):
        order = [*AttendanceSeal.objects.order_by("created_at").values_list("webinar", flat=True)]

    assert order == [new.pk, old.pk]


def test_one_that_fails_stops_none_of_the_others(caplog):
    """The middle one of three clients has a chain that nobody can follow."""
    webinars = [ended() for _ in range(3)]
    broken = webinars[1]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE attendance_seals ADD CONSTRAINT broken CHECK (webinar_id <> %s)", [broken.pk])

    with caplog.at_level(logging.ERROR):
        sealed = seal_due(CLOSED)

    assert sealed == 2
    assert not AttendanceSeal.objects.filter(webinar=broken).exists()
    assert not SealedAttendance.objects.exclude(seal__in=AttendanceSeal.objects.all()).exists()
    assert [record.getMessage() for record in caplog.records] == [f"attendance not sealed: webinar {broken.pk}"]


def test_the_job_runs_every_minute(scheduled):
    job = scheduled["stats.seal"]

    assert (job.enabled, job.crontab.minute, job.crontab.hour, job.expire_seconds) == (True, "*", "*", 55)
    assert tasks.seal.name == "stats.seal"


def test_the_task_seals(webinar):
    Webinar.objects.filter(pk=webinar.pk).update(
        state="ended", webinar_start_time=START, webinar_scheduled_end_time=END, webinar_actual_end_time=END
    )

    assert tasks.seal() == 1
    assert AttendanceSeal.objects.get().webinar == webinar


@pytest.mark.parametrize(("token", "status", "seals"), [("the-secret", 204, 1), ("wrong", 401, 0)])
def test_hosts_with_their_own_cron_seal_too(client, settings, token, status, seals):
    settings.CRON_SECRET = "the-secret"
    ended()

    answer = client.post("/api/cron/attendance-seal", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, AttendanceSeal.objects.count()) == (status, seals)


def test_what_was_answered_before_sealing_is_not_answered_after(django_capture_on_commit_callbacks):
    webinar = ended()
    page(webinar, UserFactory(), 0, 10)

    def answered():
        return attendance_page(webinar=webinar, query=AttendanceQuery(), may_see_personal=True, now=CLOSED)["sealed"]

    assert answered() is None
    with django_capture_on_commit_callbacks(execute=True):
        seal_attendance(webinar=webinar, now=CLOSED)

    assert answered()["version"] == 1
