"""Sealing against itself, and against whoever enters, stays or leaves at that very instant (spec 7)."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, connections, transaction
from psycopg.errors import RestrictViolation

from eventflow.api.errors import ApiError, WebinarClosed
from presence.models import UserSession
from presence.services.sessions import close_stale_sessions, enter_session, leave_session, record_heartbeat
from presence.tests.factories import SessionFactory
from stats.models import AttendanceSeal
from stats.selectors.verification import verify
from stats.services.sealing import seal_attendance, seal_due
from stats.tests.evidence import CLOSED, START, at, ended
from webinars.models import Registration, Webinar
from webinars.selectors.access import RoomRole
from webinars.services.erasure import erase_person
from webinars.services.live_pass import LivePass
from webinars.services.registrations import register
from webinars.tests.factories import RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

# The last instant at which a page may call, and the first at which attendance is sealed.
LAST_CALL = CLOSED - timedelta(microseconds=1)


THREADS = 8
ROUNDS, FEWEST_ROUNDS, LONGEST_SECONDS = 200, 40, 15


def rounds():
    """Hundreds of them; fewer on a machine that is busy with other things."""
    until = time.monotonic() + LONGEST_SECONDS
    for number in range(ROUNDS):
        if number >= FEWEST_ROUNDS and time.monotonic() > until:
            return
        yield number


@pytest.fixture
def pool():
    """Threads that keep their connections from round to round."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool
        together = Barrier(THREADS)

        def close(_):
            together.wait()
            connections.close_all()

        list(pool.map(close, range(THREADS)))


def at_once(pool, *acts):
    """Starts them together; answers what each gave, or the code with which it was refused."""
    together = Barrier(len(acts))

    def run(act):
        together.wait()
        try:
            return act()
        except ApiError as refusal:
            return refusal.code

    return [future.result() for future in [pool.submit(run, act) for act in acts]]


def waiting(count):
    """Until so many statements wait for a lock."""
    with connection.cursor() as cursor:
        found = -1
        while found < count:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            (found,) = cursor.fetchone()


def pass_of(webinar, user):
    return LivePass(
        subject=str(user.pk) if user else f"guest-{uuid.uuid4().hex}",
        webinar_id=webinar.pk,
        slug=webinar.slug,
        agency_id=webinar.agency_id,
        client_id=webinar.client_id,
        role=RoomRole.ATTENDEE,
        name="",
        verbs=frozenset(),
        expires_at=0,
    )


def enter(webinar, user, session_id, *, now=LAST_CALL):
    entry = enter_session(
        live_pass=pass_of(webinar, user),
        session_id=session_id,
        referrer="",
        user_agent="",
        ip_address=None,
        now=now,
    )
    return "open" if entry.entered_at else "closed"


def ping(session, *, now=LAST_CALL):
    return record_heartbeat(
        live_pass=pass_of(session.webinar, session.user), session_id=session.session_id, is_visible=True, now=now
    )


def leave(session, *, now=CLOSED):
    return leave_session(live_pass=pass_of(session.webinar, session.user), session_id=session.session_id, now=now)


def open_page(webinar, user=None):
    """Last heard of two minutes before the last call."""
    user = user or RegistrationFactory(webinar=webinar, registered_at=START).user
    heard = CLOSED - timedelta(minutes=2)
    return SessionFactory(webinar=webinar, user=user, entered_at=at(10), last_heartbeat_at=heard)


def test_two_schedulers_seal_once(pool):
    for _ in rounds():
        webinars = [ended()]
        webinars.append(ended(client=webinars[0].client))  # both seals want to follow the same one
        open_page(webinars[0])
        before = AttendanceSeal.objects.count()

        sealed = at_once(pool, *[lambda: seal_due(CLOSED)] * 4)

        seals = AttendanceSeal.objects.filter(webinar__in=webinars)
        assert sum(sealed) == 2
        assert AttendanceSeal.objects.count() == before + 2
        assert sorted(seals.values_list("version", "position")) == [(1, 1), (1, 2)]
        assert verify(webinars[0], now=CLOSED).matches


def test_two_corrections_of_the_same_version_make_one(pool):
    for _ in range(FEWEST_ROUNDS):
        webinar, author = ended(), UserFactory()
        seal_attendance(webinar=webinar, now=CLOSED)

        correct = partial(seal_attendance, webinar=webinar, now=CLOSED, author=author, reason="Twice.", seen_version=1)
        answers = at_once(pool, *[correct] * 3)

        assert sorted(getattr(answer, "version", 0) for answer in answers) == [0, 0, 2]
        assert answers.count("wrong_state") == 2
        assert AttendanceSeal.objects.filter(webinar=webinar).count() == 2


def test_whoever_comes_stays_or_goes_meanwhile(pool):
    """Every session is in the seal as it stands, or was refused; the ledger says the same as the seal, always."""
    for _ in rounds():
        webinar = ended(access_policy="auth")
        known = RegistrationFactory(webinar=webinar, registered_at=START).user
        new, late = UserFactory(), UserFactory()
        stays, leaves = open_page(webinar), open_page(webinar)
        by_known, by_new = str(uuid.uuid4()), str(uuid.uuid4())

        came = at_once(
            pool,
            partial(seal_due, CLOSED),
            partial(enter, webinar, known, by_known),
            partial(enter, webinar, new, by_new),
            partial(ping, stays),
            partial(leave, leaves),
            partial(close_stale_sessions, now=CLOSED),
            partial(register, webinar=webinar, user=late, now=LAST_CALL),
            partial(seal_due, CLOSED),
        )

        verdict = verify(webinar, now=CLOSED)
        assert verdict.differences == ()
        assert came[0] + came[7] == 1
        assert not UserSession.objects.filter(webinar=webinar).open().exists()
        entered = {*UserSession.objects.filter(webinar=webinar).values_list("session_id", flat=True)}
        assert [came[1], came[2]] == [
            "open" if session_id in entered else "webinar_closed" for session_id in (by_known, by_new)
        ]
        registered = Registration.objects.filter(webinar=webinar, user=late).exists()
        assert (came[6] == "webinar_closed") is not registered
        sealed = {*verdict.seal.rows.values_list("user", flat=True)}
        assert sealed == {*UserSession.objects.filter(webinar=webinar).values_list("user", flat=True)}
        registered = Registration.objects.filter(webinar=webinar).count()
        assert verdict.seal.totals["reconciliation"]["registered"] == registered


def test_a_page_that_entered_and_was_not_yet_committed_is_refused(pool):
    webinar = ended()
    user = RegistrationFactory(webinar=webinar, registered_at=START).user

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        enter(webinar, user, "a-page-on-its-way")
        seal = pool.submit(seal_attendance, webinar=webinar, now=CLOSED).result()

    assert isinstance(refused.value.__cause__, RestrictViolation)
    assert (seal.people_count, UserSession.objects.count()) == (0, 0)


def test_a_page_that_enters_while_it_is_sealed_waits_and_is_refused(pool):
    webinar = ended()
    user = RegistrationFactory(webinar=webinar, registered_at=START).user

    with transaction.atomic():
        seal_attendance(webinar=webinar, now=CLOSED)
        entering = pool.submit(at_once, pool, lambda: enter(webinar, user, "a-page-that-is-late"))
        waiting(1)

    assert entering.result() == ["webinar_closed"]
    assert UserSession.objects.count() == 0


def test_a_registration_on_its_way_is_refused(pool):
    webinar, user = ended(), UserFactory()

    with transaction.atomic():
        seal_attendance(webinar=webinar, now=CLOSED)
        registering = pool.submit(at_once, pool, lambda: register(webinar=webinar, user=user, now=LAST_CALL))
        waiting(1)

    assert registering.result() == ["webinar_closed"]
    assert verify(webinar, now=CLOSED).matches


def test_a_heartbeat_on_its_way_is_sealed(pool):
    """It also inserts presence, which locks the webinar at its commit: nobody waits in a circle."""
    session = open_page(ended(access_policy="open"))

    with transaction.atomic():
        assert ping(session) is True
        sealing = pool.submit(seal_attendance, webinar=session.webinar, now=CLOSED)
        waiting(1)

    sealing.result()
    session.refresh_from_db()
    assert (session.last_heartbeat_at, session.exited_at, session.closed_reason) == (LAST_CALL, LAST_CALL, "timeout")
    assert verify(session.webinar, now=CLOSED).matches


def test_an_exit_on_its_way_is_sealed(pool):
    session = open_page(ended())

    with transaction.atomic():
        assert leave(session) is True
        sealing = pool.submit(seal_attendance, webinar=session.webinar, now=CLOSED)
        waiting(1)

    sealing.result()
    session.refresh_from_db()
    assert (session.exited_at, session.closed_reason) == (CLOSED, "exit")
    assert verify(session.webinar, now=CLOSED).matches


def test_a_person_who_is_erased_while_they_are_sealed(pool):
    session = open_page(ended())
    person = session.user

    with transaction.atomic():
        seal = seal_attendance(webinar=session.webinar, now=CLOSED)
        erasing = pool.submit(erase_person, user_id=person.pk, now=CLOSED)
        waiting(1)

    erasing.result()
    assert [*seal.rows.values_list("user", "display_name", "email", "identity_salt")] == [(None, "", "", "")]
    assert verify(session.webinar, now=CLOSED).matches


def test_a_person_who_is_sealed_while_they_are_erased(pool):
    session = open_page(ended())

    with transaction.atomic():
        erase_person(user_id=session.user_id, now=CLOSED)
        sealing = pool.submit(seal_attendance, webinar=session.webinar, now=CLOSED)
        waiting(1)

    seal = sealing.result()
    assert [*seal.rows.values_list("user", "display_name", "email", "identity_salt")] == [(None, "", "", "")]
    assert verify(session.webinar, now=CLOSED).matches


def test_after_the_seal_nothing_moves():
    webinar = ended(access_policy="auth")
    session = open_page(webinar)
    seal_attendance(webinar=webinar, now=CLOSED)
    Webinar.objects.filter(pk=webinar.pk).update(webinar_actual_end_time=at(90))  # the doors are open once more
    now = at(100)

    answers = [
        ping(session, now=now),
        leave(session, now=now),
        enter(webinar, session.user, session.session_id, now=now),
    ]
    with pytest.raises(WebinarClosed):
        enter(webinar, session.user, "another-page", now=now)

    assert answers == [False, False, "closed"]
    assert verify(webinar, now=now).differences == ()
