"""Entering (spec 5)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from conftest import Caller
from presence.models import LivePresence, UserSession
from webinars.models import Registration
from webinars.selectors.access import Access, Reason, webinar_and_person
from webinars.services.live_pass import issue_pass
from webinars.services.people import person_by_address
from webinars.tests.factories import (
    AllowedEmailFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    WebinarFactory,
)

SESSION = "0b7d1e9c-1111-4222-8333-444455556666"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


@pytest.mark.django_db
def test_first_track_of_a_person_is_two_statements(call, webinar, stranger, django_assert_num_queries, clock):
    caller = call(webinar, stranger)

    with django_assert_num_queries(2):  # 1. admit and register, 2. session and presence
        response = caller.post(
            "access/track", {"session_id": SESSION, "referrer": "https://example.com/mail"}, REMOTE_ADDR="192.0.2.7"
        )

    now = timezone.now()
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": {
            "session": "open",
            "sessionId": SESSION,
            "enteredAt": now.isoformat().replace("+00:00", "Z"),
            "serverTime": now.isoformat().replace("+00:00", "Z"),
            "registered": True,
            "intervals": {
                "pingSeconds": 120,
                "pingJitterSeconds": 10,
                "trackSeconds": 300,
                "throttleSeconds": 60,
                "chatPollSeconds": 2,
                "questionsPollSeconds": 5,
            },
        },
    }
    session = UserSession.objects.get()
    assert (session.user, session.entered_at, session.last_heartbeat_at, session.exited_at) == (
        stranger,
        now,
        now,
        None,
    )
    assert (session.referrer, session.ip_address, session.is_visible) == (
        "https://example.com/mail",
        "192.0.2.7",
        True,
    )
    assert (session.client_id, session.agency_id) == (webinar.client_id, webinar.agency_id)
    assert Registration.objects.get().user == stranger
    assert LivePresence.objects.get().user == stranger


@pytest.mark.django_db
def test_a_guest_has_a_session_and_no_user(call, django_assert_num_queries, clock):
    webinar = WebinarFactory(access_policy="open")
    guest = call(webinar)

    with django_assert_num_queries(2):  # 1. admit, 2. session
        response = guest.post("access/track", {"session_id": SESSION})
    clock.shift(120)
    with django_assert_num_queries(1):  # 1. gate and heartbeat
        pinged = guest.post("presence/ping", {"session_id": SESSION})

    assert (response.status_code, response.json()["data"]["registered"]) == (200, False)
    assert pinged.status_code == 204
    session = UserSession.objects.get()
    assert (session.user, session.watched_seconds_raw) == (None, Decimal(120))
    assert LivePresence.objects.count() == 0
    assert Registration.objects.count() == 0


@pytest.mark.django_db
def test_tracking_again_is_a_heartbeat_and_nothing_else(call, webinar, attendee, django_assert_num_queries, clock):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    entered = timezone.now()
    clock.shift(300)

    with django_assert_num_queries(2):  # 1. admit, 2. session and presence
        again = caller.post("access/track", {"session_id": SESSION, "referrer": "https://other.example"})

    assert again.json()["data"]["session"] == "open"
    session = UserSession.objects.get()
    assert (session.entered_at, session.last_heartbeat_at) == (entered, timezone.now())
    assert (session.watched_seconds_raw, session.referrer) == (Decimal(300), "")


@pytest.mark.django_db
def test_track_within_the_throttle_changes_nothing(call, webinar, attendee, clock):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    before = UserSession.objects.values().get()
    clock.shift(59)

    response = caller.post("access/track", {"session_id": SESSION})

    assert response.json()["data"]["session"] == "open"
    assert UserSession.objects.values().get() == before


@pytest.mark.django_db
def test_track_after_exit_asks_for_a_new_session(call, webinar, attendee, clock):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    caller.post("access/exit", {"session_id": SESSION})
    closed = UserSession.objects.values().get()
    clock.shift(120)

    response = caller.post("access/track", {"session_id": SESSION})

    assert (response.status_code, response.json()["data"]["session"]) == (200, "closed")
    assert UserSession.objects.values().get() == closed


@pytest.mark.django_db
def test_nobody_enters_anothers_session(call, webinar, attendee, stranger, clock):
    call(webinar, attendee).post("access/track", {"session_id": SESSION})
    clock.shift(120)

    response = call(webinar, stranger).post("access/track", {"session_id": SESSION})

    assert response.json()["data"]["session"] == "closed"
    session = UserSession.objects.get()
    assert (session.user, session.watched_seconds_raw) == (attendee, Decimal(0))


@pytest.mark.django_db
def test_a_campaigns_webinar_registers_nobody_on_entry(call, stranger):
    webinar = WebinarFactory(access_policy="name_email_auth")

    refused = call(webinar, stranger).post("access/track", {"session_id": SESSION})
    RegistrationFactory(webinar=webinar, user=stranger)
    admitted = call(webinar, stranger).post("access/track", {"session_id": SESSION})

    assert (refused.status_code, refused.json()["code"]) == (403, "not_registered")
    assert admitted.status_code == 200


@pytest.mark.django_db
def test_who_is_on_the_list_is_registered_on_entry_and_nobody_else(call, stranger, attendee):
    webinar = AllowedEmailFactory(email=stranger.email.lower()).webinar
    RegistrationFactory(webinar=webinar, user=attendee)  # taken off the list since
    presenter = RegistrationFactory(webinar=webinar, role="presenter").user

    answers = [call(webinar, user).post("access/track", {"session_id": SESSION}) for user in (stranger, attendee)]
    host = call(webinar, presenter).post("access/track", {"session_id": f"{SESSION}-host"})

    assert [answer.status_code for answer in (*answers, host)] == [200, 403, 200]
    assert answers[1].json()["code"] == "not_registered"
    assert Registration.objects.filter(webinar=webinar, user=stranger).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("proven", "status"), [(True, 403), (False, 200)])
def test_an_unproven_address_of_an_account_counts_only_for_who_typed_it(proven, status):
    webinar = AllowedEmailFactory(email="me@example.com", webinar__verify_email=False).webinar
    user = person_by_address("me@example.com", now=timezone.now())

    answer = enter_as(webinar, user, proven=proven)

    assert answer.status_code == status


@pytest.mark.django_db
def test_an_account_that_was_switched_off_behind_the_models_stops_the_page(call, webinar, attendee):
    caller = call(webinar, attendee)
    type(attendee).objects.update(is_active=False)

    answer = caller.post("access/track", {"session_id": SESSION})

    assert (answer.status_code, answer.json()["code"]) == (403, "not_registered")
    assert not UserSession.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("policy", ["open", "auth"])
def test_where_a_consent_is_required_entering_registers_nobody(call, stranger, attendee, policy):
    version = ConsentVersionFactory()
    webinar = WebinarFactory(client=version.text.client, access_policy=policy)
    RegistrationFactory(webinar=webinar, user=attendee)

    refused = call(webinar, stranger).post("access/track", {"session_id": SESSION})
    admitted = call(webinar, attendee).post("access/track", {"session_id": f"{SESSION}-2"})

    assert (refused.status_code, refused.json()["code"], admitted.status_code) == (403, "not_registered", 200)


def enter_as(webinar, user, *, proven):
    found = webinar_and_person(str(webinar.pk), user_id=user.pk, proven=proven)
    access = Access(True, Reason.OK)
    token = issue_pass(webinar=webinar, access=access, person=found[1], now=timezone.now()).token
    return Caller(webinar, token).post("access/track", {"session_id": SESSION})


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes_from_start", "status"), [(-31, 410), (-30, 200), (89, 200), (90, 410)])
def test_the_collect_window(call, webinar, stranger, minutes_from_start, status):
    with time_machine.travel(webinar.webinar_start_time + timedelta(minutes=minutes_from_start), tick=False):
        response = call(webinar, stranger).post("access/track", {"session_id": SESSION})

    assert response.status_code == status
    assert Registration.objects.count() == (1 if status == 200 else 0)


@pytest.mark.django_db
def test_early_doors_open_the_window(call, webinar, stranger):
    early = webinar.webinar_start_time - timedelta(hours=2)
    webinar.doors_opened_at = early
    webinar.save(update_fields=["doors_opened_at"])

    with time_machine.travel(early, tick=False):
        response = call(webinar, stranger).post("access/track", {"session_id": SESSION})

    assert response.status_code == 200


@pytest.mark.django_db
def test_a_webinars_own_intervals(call, attendee, webinar):
    webinar.interval_overrides = {"PRESENCE_PING_INTERVAL_SECONDS": 90}
    webinar.save(update_fields=["interval_overrides"])

    response = call(webinar, attendee).post("access/track", {"session_id": SESSION})

    assert response.json()["data"]["intervals"]["pingSeconds"] == 90


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"session_id": "short"}, {"session_id": 12345678}, [], "text"])
def test_malformed_tracks(call, webinar, attendee, body):
    response = call(webinar, attendee).post("access/track", body)

    assert (response.status_code, response.json()["success"]) == (400, False)
    assert UserSession.objects.count() == 0


@pytest.mark.django_db
def test_long_referrers_and_browsers_are_cut(call, webinar, attendee):
    response = call(webinar, attendee).post(
        "access/track",
        {"session_id": SESSION, "referrer": "https://example.com/" + "x" * 5000},
        headers={"User-Agent": "B" * 5000},
    )

    assert response.status_code == 200
    session = UserSession.objects.get()
    assert (len(session.referrer), len(session.user_agent)) == (500, 300)


def at_once(call_it, times=8):
    """Run it on several connections at the same time."""

    def run(_):
        try:
            return call_it()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.django_db(transaction=True)
def test_first_tracks_at_once_give_one_row_each(call, webinar, stranger):
    caller = call(webinar, stranger)

    responses = at_once(lambda: caller.post("access/track", {"session_id": SESSION}))

    assert [(r.status_code, r.json()["data"]["session"]) for r in responses] == [(200, "open")] * 8
    assert UserSession.objects.count() == 1
    assert LivePresence.objects.count() == 1
    assert Registration.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_first_pings_at_once_give_one_row(call, webinar, attendee):
    caller = call(webinar, attendee)

    responses = at_once(lambda: caller.post("presence/ping"))

    assert [r.status_code for r in responses] == [204] * 8
    assert LivePresence.objects.count() == 1
