"""What may change after sealing without anybody having tampered (spec 5, 7)."""

from datetime import timedelta

import pytest
from django.conf import settings

from presence.models import UserSession
from stats.models import AccessLog, SealedAttendance
from stats.selectors.verification import verify
from stats.services import retention
from stats.services.retention import prune_sealed_sessions
from stats.services.sealing import seal_attendance
from stats.tests.evidence import (
    CLOSED,
    SealedEvidence,
    at,
    differences,
    notes,
    tamper,
    tampering,
)
from webinars.models import Registration, Webinar
from webinars.services.erasure import erase_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return SealedEvidence()


@pytest.mark.parametrize(
    "change",
    [
        {"webinar_start_time": at(-10)},
        {"webinar_actual_end_time": at(50)},
        {"webinar_scheduled_end_time": at(90), "webinar_actual_end_time": at(90)},
    ],
)
def test_times_that_were_changed_since_are_a_note(case, change):
    Webinar.objects.filter(pk=case.webinar.pk).update(**change)

    assert (differences(case), notes(case)) == ({}, ["window"])


def test_intervals_that_were_changed_since_are_a_note(case):
    Webinar.objects.filter(pk=case.webinar.pk).update(interval_overrides={"PRESENCE_PING_INTERVAL_SECONDS": 30})

    assert (differences(case), notes(case)) == ({}, ["intervals"])


def test_definitions_that_were_changed_since_are_a_note(case, monkeypatch):
    monkeypatch.setattr("presence.definitions.VERSION", 2)

    assert (differences(case), notes(case)) == ({}, ["definitions"])


def test_each_version_is_verified_with_its_own_window(case):
    Webinar.objects.filter(pk=case.webinar.pk).update(webinar_actual_end_time=at(30))
    corrected = seal_attendance(webinar=case.webinar, now=CLOSED, author=case.ana, reason="It ended at half past.")

    first, second = verify(case.webinar, version=1, now=CLOSED), verify(case.webinar, now=CLOSED)

    assert (first.seal, first.matches, [note.kind for note in first.notes]) == (
        case.seal,
        True,
        ["window", "corrected"],
    )
    assert (second.seal, second.matches, second.notes) == (corrected, True, ())
    assert (corrected.totals["people"]["uniqueSeconds"], case.seal.totals["people"]["uniqueSeconds"]) == (3300, 5100)


def test_a_new_name_is_a_note(case):
    case.ana.display_name = "Ana Maria"
    case.ana.save(update_fields=["display_name"])

    assert (differences(case), notes(case)) == ({}, ["renamed"])


@pytest.mark.parametrize("who", ["ana", "cho", "dan"])
def test_an_erased_person_changes_no_hash(case, who):
    person = getattr(case, who)
    erase_person(user_id=person.pk, now=CLOSED)

    rows = SealedAttendance.objects.filter(seal=case.seal)
    assert differences(case) == {}
    assert notes(case) == ([] if who == "cho" else ["erased"])
    assert not rows.filter(user=person).exists()
    assert not rows.filter(display_name=person.display_name).exists()
    assert rows.count() == 3


def test_the_sessions_of_an_erased_person_still_count(case):
    erase_person(user_id=case.ana.pk, now=CLOSED)
    tamper("UPDATE webinar_user_sessions SET closed_reason = 'exit', exited_at = exited_at + interval '1 minute'"
        " WHERE id = %s", case.second.pk)  # fmt: skip

    kinds = {one.kind for one in verify(case.webinar, now=CLOSED).differences if one.kind != "total"}

    assert kinds == {"missing_person", "additional_person"}


def test_who_was_erased_before_is_sealed_without_a_name(case):
    erase_person(user_id=case.ana.pk, now=CLOSED)
    corrected = seal_attendance(webinar=case.webinar, now=CLOSED, author=case.ben, reason="Once more.")

    assert [
        *SealedAttendance.objects.filter(seal=corrected, connected_seconds=3600).values_list(
            "user", "display_name", "email", "identity_salt"
        )
    ] == [(None, "", "", "")]
    assert (differences(case), notes(case)) == ({}, ["erased"])


def test_sessions_that_are_kept_no_longer_are_a_note(case):
    later = CLOSED + timedelta(days=settings.SESSION_RETENTION_DAYS + 1)
    assert prune_sealed_sessions(later) == 7

    verdict = verify(case.webinar, now=later)

    assert not UserSession.objects.filter(webinar=case.webinar).exists()
    assert (verdict.matches, verdict.recomputed, [note.kind for note in verdict.notes]) == (
        True,
        False,
        ["sessions_pruned"],
    )


def test_sessions_that_are_gone_too_early_are_missing(case):
    tamper("DELETE FROM webinar_user_sessions WHERE webinar_id = %s", case.webinar.pk)

    named = differences(case)

    assert {who: words for who, words in named.items() if who != "totals"} == dict.fromkeys(
        ("Ana", "Ben", "Dan"), "missing_person"
    )
    assert "evidence.sessions" in named["totals"].split()


def test_the_seal_itself_is_checked_without_the_sessions(case):
    later = CLOSED + timedelta(days=settings.SESSION_RETENTION_DAYS + 1)
    assert prune_sealed_sessions(later) == 7
    tamper("UPDATE sealed_attendance SET connected_seconds = 3599 WHERE seal_id = %s AND user_id = %s",
        case.seal.pk, case.ana.pk)  # fmt: skip

    assert differences(case, now=later) == {"seal": "stored_sha256"}


def test_samples_that_are_kept_no_longer_are_a_note(case, settings):
    settings.SESSION_RETENTION_DAYS = 10_000
    later = CLOSED + timedelta(days=31 * (settings.ACCESS_LOG_RETENTION_MONTHS + 1))
    retention.prune(now=later)

    assert not AccessLog.objects.filter(webinar=case.webinar).exists()
    assert (differences(case, now=later), notes(case, now=later)) == ({}, ["samples_pruned"])


def test_registrations_and_guests_are_compared_though_samples_are_not(case, settings):
    settings.SESSION_RETENTION_DAYS = 10_000
    later = CLOSED + timedelta(days=31 * (settings.ACCESS_LOG_RETENTION_MONTHS + 1))
    retention.prune(now=later)
    with tampering():
        Registration.objects.filter(user=case.cho).delete()

    assert differences(case, now=later) == {
        "totals": "evidence.registrationsDigest reconciliation.absent reconciliation.registered"
    }
