"""Raw sessions go long after they were sealed: what can be said from then on, and what must not happen meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import translation

from presence.models import UserSession
from stats.models import AccessSummary, AttendanceSeal
from stats.selectors.reconciliation import reconciliation
from stats.selectors.verification import verify
from stats.services.retention import prune_sealed_sessions
from stats.services.sealing import NotSealable, seal_attendance
from stats.tests.evidence import CLOSED, SealedEvidence, at, tamper
from webinars.models import Webinar
from webinars.services.erasure import erase_person

DUE = CLOSED + timedelta(days=settings.SESSION_RETENTION_DAYS, seconds=1)
KEPT_NO_LONGER = "The sessions of this webinar are no longer kept, so that its attendance can no longer be corrected."
MISSING = "Sessions that were sealed are missing, so that this attendance can no longer be corrected."


@pytest.fixture
def pool():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def beside(pool, act, *given, **options):
    """On a connection of its own."""

    def run():
        try:
            return act(*given, **options)
        finally:
            connections.close_all()

    return pool.submit(run)


def refusal(case):
    """Of a correction."""
    with pytest.raises(NotSealable) as refused:
        seal_attendance(webinar=case.webinar, now=DUE, author=case.cho, reason="Too late.")
    with translation.override("en"):
        return str(refused.value.message)


def assert_only_the_seal_is_left(case):
    verdict, answer = verify(case.webinar, now=DUE), reconciliation(case.webinar, DUE, may_see_personal=True)

    assert (verdict.differences, verdict.recomputed) == ((), False)
    assert [note.kind for note in verdict.notes] == ["sessions_pruned"]
    assert (answer["sessionsPruned"], answer["now"]) == (True, {})
    assert answer["figures"] == case.seal.totals["reconciliation"]
    assert refusal(case) == KEPT_NO_LONGER
    assert AttendanceSeal.objects.filter(webinar=case.webinar).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_left_in_the_middle_of_pruning_is_not_taken_for_all_there_was(pool):
    """One session cannot be deleted yet, as all that had not come to the next batch when pruning was killed."""
    case = SealedEvidence()

    with transaction.atomic():
        UserSession.objects.select_for_update().get(pk=case.first.pk)
        beside(pool, prune_sealed_sessions, DUE).result()

    assert UserSession.objects.get(webinar=case.webinar) == case.first
    assert_only_the_seal_is_left(case)
    assert prune_sealed_sessions(DUE) == 1
    assert_only_the_seal_is_left(case)
    assert AccessSummary.objects.values_list("sessions", "total_attendees").get(webinar=case.webinar) == (5, 3)


@pytest.mark.django_db
def test_it_is_remembered_when_sessions_are_kept_longer_later(settings):
    case = SealedEvidence()
    prune_sealed_sessions(DUE)
    settings.SESSION_RETENTION_DAYS = 10_000

    assert_only_the_seal_is_left(case)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("erased", "emptied", "unnamed"),
    [
        ([], [], []),
        ([0], [], []),
        ([1], [], []),
        ([0, 1, 2], [], []),
        ([], [0], [1]),
        ([], [1], [2]),
        ([], [0, 1, 2], [1]),
        ([0], [1], [1]),  # both of these are in the first place, where one was erased
        ([0], [2], [3]),
    ],
)
def test_rows_that_name_nobody_are_of_erased_people_also_without_the_sessions(erased, emptied, unnamed):
    """By the numbers of their rows, from 0."""
    case = SealedEvidence()
    people = sorted([case.ana, case.ben, case.dan], key=lambda user: user.pk)
    prune_sealed_sessions(DUE)
    for number in erased:
        erase_person(user_id=people[number].pk, now=DUE)
    for number in emptied:
        case.seal.rows.filter(user=people[number]).update(user=None, display_name="", email="", identity_salt="")

    differences = verify(case.webinar, now=DUE).differences

    assert [(one.kind, one.row) for one in differences] == [("unnamed", row) for row in unnamed]


@pytest.mark.django_db
def test_sessions_that_were_gone_before_pruning_are_still_missing():
    case = SealedEvidence()
    tamper("DELETE FROM webinar_user_sessions WHERE webinar_id = %s", case.webinar.pk)
    prune_sealed_sessions(DUE)

    assert not verify(case.webinar, now=DUE).matches
    assert verify(case.before.webinar, now=DUE).recomputed is False


@pytest.mark.django_db
def test_no_correction_when_sealed_sessions_are_missing():
    case = SealedEvidence()
    tamper("DELETE FROM webinar_user_sessions WHERE id = %s", case.guest.pk)

    assert refusal(case) == MISSING


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "deleted"), [(0, 0), (1, 5)])
def test_the_sealed_window_says_when_and_not_times_that_were_edited_since(seconds, deleted):
    case = SealedEvidence()
    Webinar.objects.update(
        webinar_start_time=at(-60 * 24 * 200),
        webinar_scheduled_end_time=at(-60 * 24 * 199),
        webinar_actual_end_time=at(-60 * 24 * 199),
    )

    prune_sealed_sessions(DUE - timedelta(seconds=1) + timedelta(seconds=seconds))

    assert 5 - UserSession.objects.filter(webinar=case.webinar).count() == deleted
    assert AccessSummary.objects.filter(webinar=case.webinar).exists() is (deleted > 0)


@pytest.mark.django_db
def test_the_newest_version_says_when():
    case = SealedEvidence()
    Webinar.objects.filter(pk=case.webinar.pk).update(webinar_actual_end_time=at(20))
    seal_attendance(webinar=case.webinar, now=CLOSED, author=case.cho, reason="It ended at 20 past.")

    prune_sealed_sessions(DUE - timedelta(minutes=40))

    assert [*AccessSummary.objects.values_list("webinar", "sessions_pruned_at")] == [
        (case.webinar.pk, DUE - timedelta(minutes=40))
    ]


@pytest.mark.django_db(transaction=True)
def test_what_is_being_corrected_is_not_pruned(pool):
    case = SealedEvidence()

    with transaction.atomic():
        seal_attendance(webinar=case.webinar, now=DUE, author=case.cho, reason="In the last minute.")
        pruned = beside(pool, prune_sealed_sessions, DUE).result()

    assert pruned == 2  # of the other webinars
    assert UserSession.objects.filter(webinar=case.webinar).count() == 5
    assert verify(case.webinar, now=DUE).recomputed


@pytest.mark.django_db(transaction=True)
def test_what_is_changed_while_it_is_verified_is_seen_whole_or_not_at_all(pool):
    case = SealedEvidence()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE sealed_attendance")
        verifying = beside(pool, verify, case.webinar, now=CLOSED)
        waits = 0
        while not waits and not verifying.done():
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            (waits,) = cursor.fetchone()
        UserSession.objects.filter(webinar=case.webinar).update(watched_seconds_raw=1)

    assert verifying.result().matches
    assert not verify(case.webinar, now=CLOSED).matches
