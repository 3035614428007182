"""Getting a pass and a place (spec 3, 4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from webinars.guests import new_guest_id, remember_guest
from webinars.models import Registration
from webinars.services.live_pass import verify_pass
from webinars.tests.factories import WebinarFactory


def token_url(webinar):
    return f"/api/webinars/{webinar.slug}/token"


def signed_in(user, *, enforce_csrf_checks=False):
    browser = Browser(enforce_csrf_checks=enforce_csrf_checks)
    browser.force_login(user)
    return browser


@pytest.mark.django_db
def test_a_valid_pass_renews_itself(call, webinar, attendee, django_assert_num_queries):
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. webinar and standing
        response = caller.post("token")

    data = response.json()["data"]
    assert (response.status_code, data["role"]) == (200, "attendee")
    assert verify_pass(data["token"]).user_id == attendee.pk


@pytest.mark.django_db
def test_the_page_session_gets_a_pass(webinar, stranger, django_assert_num_queries):
    browser = signed_in(stranger)

    with django_assert_num_queries(2):  # 1. person, 2. webinar and standing (the session comes from the cache)
        response = browser.post(token_url(webinar))

    assert verify_pass(response.json()["data"]["token"]).user_id == stranger.pk


@pytest.mark.django_db
def test_the_page_session_needs_the_csrf_token(webinar, stranger):
    response = signed_in(stranger, enforce_csrf_checks=True).post(token_url(webinar))

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


@pytest.mark.django_db
def test_a_guest_keeps_their_identity():
    webinar = WebinarFactory(access_policy="open")
    guest_id = new_guest_id()
    carrier = HttpResponse()
    remember_guest(carrier, guest_id)
    browser = Browser()
    browser.cookies[settings.GUEST_COOKIE_NAME] = carrier.cookies[settings.GUEST_COOKIE_NAME].value

    response = browser.post(token_url(webinar))

    assert verify_pass(response.json()["data"]["token"]).guest_id == guest_id


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", [None, "guest-00000000000000000000000000000000", "guest-x:forged"])
def test_a_forged_or_missing_guest_cookie_gets_nothing(cookie):
    webinar = WebinarFactory(access_policy="open")
    browser = Browser()
    if cookie:
        browser.cookies[settings.GUEST_COOKIE_NAME] = cookie

    response = browser.post(token_url(webinar))

    assert (response.status_code, response.json()["code"]) == (401, "invalid_pass")


@pytest.mark.django_db
def test_who_lost_access_gets_no_renewal(call, webinar, attendee):
    caller = call(webinar, attendee)

    webinar.registrations.update(banned_at=timezone.now())
    banned = caller.post("token")
    webinar.access_policy = "email_auth"
    webinar.save(update_fields=["access_policy"])
    webinar.registrations.all().delete()
    removed = caller.post("token")
    attendee.is_active = False
    attendee.save(update_fields=["is_active"])
    inactive = caller.post("token")

    assert [(r.status_code, r.json()["code"]) for r in (banned, removed, inactive)] == [
        (403, "banned"),
        (403, "not_registered"),
        (401, "login_required"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "minutes", "status", "code"),
    [("live", -31, 403, "too_early"), ("live", 90, 410, "webinar_closed"), ("draft", 0, 404, "not_found")],
)
def test_refusals(webinar, stranger, state, minutes, status, code):
    webinar.state = state
    webinar.save(update_fields=["state"])

    with time_machine.travel(webinar.webinar_start_time + timedelta(minutes=minutes), tick=False):
        response = signed_in(stranger).post(token_url(webinar))

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.django_db
def test_an_unknown_webinar(stranger):
    response = signed_in(stranger).post("/api/webinars/nothing-here/token")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
def test_anonymous_people_are_asked_to_sign_in(webinar):
    response = Browser().post(token_url(webinar), headers={"Accept-Language": "en"})

    assert (response.status_code, response.json()["error"]) == (401, "Please sign in first.")


@pytest.mark.django_db
def test_registering_twice_is_normal(webinar, stranger):
    browser = signed_in(stranger)
    url = f"/api/webinars/{webinar.slug}/registrations"

    first = browser.post(url, {"source": "newsletter"}, content_type="application/json")
    second = browser.post(url, {"source": "other"}, content_type="application/json")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Registration.objects.get().source == "newsletter"


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [-10_000, 0])
def test_registering_is_possible_before_the_doors_open(webinar, stranger, minutes):
    with time_machine.travel(webinar.webinar_start_time + timedelta(minutes=minutes), tick=False):
        response = signed_in(stranger).post(
            f"/api/webinars/{webinar.slug}/registrations", {}, content_type="application/json"
        )

    assert response.status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize(("policy", "status"), [("open", 201), ("auth", 201), ("email_auth", 403)])
def test_registering_by_policy(stranger, policy, status):
    webinar = WebinarFactory(access_policy=policy)

    response = signed_in(stranger).post(
        f"/api/webinars/{webinar.slug}/registrations", {}, content_type="application/json"
    )

    assert response.status_code == status
    assert Registration.objects.count() == (1 if status == 201 else 0)


@pytest.mark.django_db
def test_registering_needs_a_person_and_the_csrf_token(webinar, stranger):
    url = f"/api/webinars/{webinar.slug}/registrations"

    anonymous = Browser().post(url, {}, content_type="application/json")
    forged = signed_in(stranger, enforce_csrf_checks=True).post(url, {}, content_type="application/json")

    assert (anonymous.status_code, forged.status_code) == (401, 403)
    assert Registration.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_registering_from_two_tabs_at_once(webinar, stranger):
    browser = signed_in(stranger)

    def register(_):
        try:
            return browser.post(
                f"/api/webinars/{webinar.slug}/registrations", {}, content_type="application/json"
            ).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(register, range(8)))

    assert statuses == [200] * 7 + [201]
    assert Registration.objects.count() == 1
