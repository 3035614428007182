"""What a seal proves, whatever was done to the tables underneath (spec 7, Sealing)."""

from datetime import timedelta

import pytest

from presence.models import UserSession
from stats.models import AccessLog, AttendanceSeal, SealedAttendance
from stats.selectors.reconciliation import reconciliation
from stats.selectors.verification import NothingSealed, verify
from stats.services.sealing import seal_attendance
from stats.tests.evidence import (
    CLOSED,
    Evidence,
    SealedEvidence,
    at,
    differences,
    ended,
    page,
    tamper,
    tampering,
)
from webinars.models import Registration, Webinar
from webinars.tests.factories import RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return SealedEvidence()


def test_what_was_sealed_matches(case):
    verdict = verify(case.webinar, now=CLOSED + timedelta(days=30))

    assert (verdict.matches, verdict.differences, verdict.notes, verdict.recomputed) == (True, (), (), True)
    assert verdict.as_dict() == {
        "matches": True,
        "recomputed": True,
        "webinarId": case.webinar.pk,
        "version": 1,
        "sealedAt": CLOSED,
        "sha256": case.seal.sha256,
        "position": 2,
        "people": 3,
        "differences": [],
        "notes": [],
        "verifiedAt": CLOSED + timedelta(days=30),
    }


TIMES = "lastExited connectedSeconds uniqueSeconds visibleSeconds overlapSeconds"
MOVED_TO_BEN = f"sessionCount {TIMES} attendancePercent present visible"
PEAK = "reconciliation.peakBySnapshots"
AVERAGES = "people.averageAttendancePercent people.averageUniqueSeconds"
MINUTE = "interval '1 minute'"
REGISTRATIONS = "evidence.registrationsDigest"
ABSENT = "reconciliation.absent reconciliation.registered"


@pytest.mark.parametrize(
    ("which", "change", "expected"),
    [
        ("first", f"entered_at = entered_at - {MINUTE}", {"Ana": "sessions"}),  # before the window either way
        (
            "second",
            f"entered_at = entered_at + {MINUTE}, watched_seconds_raw = 0",
            {
                "Ana": "connectedSeconds overlapSeconds",
                "totals": "people.connectedSeconds people.overlapSeconds",
            },
        ),
        (
            "second",
            f"exited_at = exited_at + {MINUTE}",
            {
                "Ana": "lastExited uniqueSeconds attendancePercent present",
                "totals": f"{AVERAGES} people.uniqueSeconds",
            },
        ),
        (
            "silent",
            "exited_at = NULL, closed_reason = NULL",
            {
                "Ben": "lastExited connectedSeconds uniqueSeconds uncertaintySeconds attendancePercent present",
                "totals": f"{AVERAGES} people.connectedSeconds people.uncertaintySeconds people.uniqueSeconds",
            },
        ),
        (
            "second",
            "last_heartbeat_at = last_heartbeat_at - interval '1 second', watched_seconds_raw = 0",
            {"Ana": "sessions"},
        ),
        ("silent", "closed_reason = 'exit'", {"Ben": "uncertaintySeconds", "totals": "people.uncertaintySeconds"}),
        ("silent", "is_visible = false", {"Ben": "uncertaintySeconds", "totals": "people.uncertaintySeconds"}),
        ("second", "watched_ranges = '{}'", {"Ana": "visibleSeconds visible", "totals": "people.visibleSeconds"}),
        ("first", "silent_ranges = '{}'", {"Ana": "uncertaintySeconds", "totals": "people.uncertaintySeconds"}),
        ("first", "watched_seconds_raw = 1", {"Ana": "sessions"}),
        ("first", "session_id = 'another-page'", {"Ana": "sessions"}),
        (
            "second",
            "user_id = (SELECT id FROM users WHERE display_name = 'Ben')",
            {
                "Ana": MOVED_TO_BEN,
                "Ben": MOVED_TO_BEN,
                "totals": f"{AVERAGES} people.connectedSeconds people.overlapSeconds people.uniqueSeconds"
                " people.visibleSeconds",
            },
        ),
        (
            "late",
            "user_id = NULL",
            {
                "Dan": "missing_person",
                "totals": "evidence.guestSessionsDigest people.people reconciliation.outsideWindow",
            },
        ),
        (
            "silent",
            "webinar_id = gen_random_uuid()",
            {
                "Ben": "missing_person",
                "totals": f"evidence.sessions people.attended {AVERAGES} people.connectedSeconds people.people"
                " people.uncertaintySeconds people.uniqueSeconds people.visibleSeconds reconciliation.absent"
                " reconciliation.attended reconciliation.peakByLedger reconciliation.peakByLedgerAt",
            },
        ),
        (
            "guest",
            f"exited_at = exited_at + {MINUTE}",
            {"totals": "evidence.guestSessionsDigest guests.connectedSeconds"},
        ),
        ("guest", "watched_seconds_raw = 1", {"totals": "evidence.guestSessionsDigest"}),
        ("late", f"exited_at = exited_at + {MINUTE}", {"Dan": "sessions"}),
    ],
)
def test_changed_sessions_are_named(case, which, change, expected):
    tamper(f"UPDATE webinar_user_sessions SET {change} WHERE id = %s", getattr(case, which).pk)

    named = differences(case)
    assert {who: sorted(words.split()) for who, words in named.items()} == {
        who: sorted(words.split()) for who, words in expected.items()
    }


def test_a_changed_figure_says_what_was_sealed_and_what_it_is_now(case):
    tamper(f"UPDATE webinar_user_sessions SET exited_at = exited_at + {MINUTE} WHERE id = %s", case.second.pk)

    difference = next(one for one in verify(case.webinar, now=CLOSED).differences if one.what == "uniqueSeconds")

    row = SealedAttendance.objects.get(seal=case.seal, user=case.ana).row
    assert difference.__dict__ == {
        "kind": "figure",
        "what": "uniqueSeconds",
        "sealed": 3000,
        "now": 3060,
        "row": row,
        "user_id": case.ana.pk,
        "display_name": "Ana",
        "email": "ana@example.com",
    }


def test_columns_that_count_nothing_are_none_of_the_seals(case):
    tamper("UPDATE webinar_user_sessions SET ip_address = NULL, user_agent = 'x', referrer = '', updated_at = now()")

    assert differences(case) == {}


def test_deleted_and_invented_sessions(case):
    eve = UserFactory(display_name="Eve", email="eve@example.com")
    with tampering() as cursor:
        cursor.execute("DELETE FROM webinar_user_sessions WHERE id IN (%s, %s)", [case.silent.pk, case.guest.pk])
        page(case.webinar, eve, 0, 10)

    named = differences(case)

    assert (named["Ben"], named["Eve"]) == ("missing_person", "additional_person")
    assert {"evidence.sessions", "guests.sessionCount", "reconciliation.attendedNotRegistered"} <= set(
        named["totals"].split()
    )


@pytest.mark.parametrize(
    ("change", "totals"),
    [
        ("DELETE FROM registrations WHERE user_id = '{cho}'", f"{REGISTRATIONS} {ABSENT}"),
        (
            "DELETE FROM registrations WHERE user_id = '{ben}'",
            f"{REGISTRATIONS} reconciliation.attended reconciliation.attendedNotRegistered reconciliation.registered",
        ),
        ("UPDATE registrations SET banned_at = registered_at WHERE user_id = '{cho}'", "reconciliation.banned"),
        (
            "UPDATE registrations SET registered_at = now() + interval '9 years' WHERE user_id = '{cho}'",
            f"{REGISTRATIONS} {ABSENT}",
        ),
        ("UPDATE registrations SET registered_at = registered_at - interval '1 second'", REGISTRATIONS),
        (  # nobody more and nobody fewer is registered, only somebody else
            "UPDATE registrations SET user_id = (SELECT id FROM users WHERE email = 'e@e.kr') WHERE user_id = '{cho}'",
            REGISTRATIONS,
        ),
        ("UPDATE registrations SET role = 'presenter', source = 'x'", ""),
    ],
)
def test_changed_registrations_are_named(case, change, totals):
    UserFactory(email="e@e.kr")
    tamper(change.format(cho=case.cho.pk, ben=case.ben.pk))

    assert differences(case) == ({"totals": totals} if totals else {})


def test_an_invented_registration_is_named(case):
    with tampering():
        RegistrationFactory(webinar=case.webinar, registered_at=at(-1))

    assert differences(case) == {"totals": f"{REGISTRATIONS} {ABSENT}"}


def test_a_later_registration_is_none_of_the_seals(case):
    RegistrationFactory(webinar=case.webinar, registered_at=CLOSED + timedelta(seconds=1))

    assert differences(case) == {}


def test_who_is_banned_later_was_not_banned_when_it_was_sealed(case):
    Registration.objects.filter(user=case.cho).update(banned_at=CLOSED + timedelta(seconds=1))

    assert differences(case) == {}
    assert reconciliation(case.webinar, CLOSED)["now"] == {}


@pytest.mark.parametrize(
    ("change", "totals"),
    [
        ("sample_count = 6, sum_participants = 6 * max_participants", "evidence.samplesDigest reconciliation.samples"),
        ("sum_participants = sum_participants - 1, min_participants = max_participants - 1", "evidence.samplesDigest"),
        ("min_participants = max_participants - 1", "evidence.samplesDigest"),
        (
            "max_participants = max_participants + 1",
            "evidence.samplesDigest reconciliation.peakBySnapshots",
        ),
        ("last_participants = min_participants, min_participants = min_participants", ""),
        ("first_sample_at = first_sample_at + interval '1 second'", "evidence.samplesDigest"),
        ("last_sample_at = last_sample_at + interval '1 second'", "evidence.samplesDigest"),
        (
            "time_bucket = time_bucket - interval '1 second'",
            "evidence.samplesDigest reconciliation.peakBySnapshotsAt",
        ),
        (
            "webinar_id = gen_random_uuid()",
            f"evidence.samplesDigest {PEAK} {PEAK}At reconciliation.samples",
        ),
    ],
)
def test_changed_samples_are_named(case, change, totals):
    tamper(f"UPDATE webinar_access_logs SET {change} WHERE time_bucket = %s", at(5))

    assert differences(case) == ({"totals": totals} if totals else {})


def test_a_deleted_sample_is_named(case):
    tamper("DELETE FROM webinar_access_logs WHERE time_bucket = %s", at(10))

    assert differences(case) == {"totals": "evidence.samplesDigest reconciliation.samples"}


def test_a_sample_that_comes_after_the_seal_is_none_of_the_seals():
    """The minute job still counts who was there three minutes ago: after sealing, when nothing is collected after the
    end."""
    evidence = Evidence(post_window_minutes=0)
    evidence.seal = seal_attendance(webinar=evidence.webinar, now=at(60))
    AccessLog.objects.create(
        webinar=evidence.webinar,
        client=evidence.webinar.client,
        agency=evidence.webinar.agency,
        time_bucket=at(55),
        sample_count=1,
        sum_participants=9,
        min_participants=9,
        max_participants=9,
        last_participants=9,
        first_sample_at=at(61),
        last_sample_at=at(61),
    )

    assert differences(evidence, now=at(65)) == {}


@pytest.mark.parametrize("version", [None, 2])
def test_there_is_nothing_to_verify(version):
    webinar = ended()
    if version:
        seal_attendance(webinar=webinar, now=CLOSED)

    with pytest.raises(NothingSealed):
        verify(webinar, version=version, now=CLOSED)


def test_the_tables_are_only_read(case):
    def stored():
        models = (AttendanceSeal, SealedAttendance, UserSession, Registration, AccessLog, Webinar)
        return [[*model.objects.order_by("pk").values()] for model in models]

    before = stored()
    verify(case.webinar, now=CLOSED)

    assert stored() == before
