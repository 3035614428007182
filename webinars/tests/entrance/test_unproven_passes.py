"""The pass of somebody who only typed an address (spec 3, 4): each renewal decides as the entrance did."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from conftest import Caller
from webinars.models import AllowedEmail, Registration, User, Webinar
from webinars.selectors.access import webinar_and_person
from webinars.services.live_pass import verify_pass
from webinars.services.people import person_by_address
from webinars.tests.entrance.doors import BACKEND, type_address
from webinars.tests.factories import (
    AgencyMemberFactory,
    AllowedEmailFactory,
    ClientMemberFactory,
    RegistrationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def webinar():
    allowed = AllowedEmailFactory(email="guest@example.com", webinar__slug="demo", webinar__verify_email=False)
    return allowed.webinar


@pytest.fixture
def person(webinar):
    return RegistrationFactory(webinar=webinar, user=person_by_address("guest@example.com", now=timezone.now())).user


@pytest.fixture
def inside(client, webinar, person):
    """A page that is open: its calls carry the pass that came with it."""
    type_address(client, webinar, "guest@example.com")
    page = client.get("/webinars/demo/live/")
    return Caller(webinar, page.context["live_config"]["token"])


def test_the_pass_says_so_and_so_does_the_next(inside, person, django_assert_num_queries):
    with django_assert_num_queries(1):  # 1. webinar, person and what there is to lose
        renewed = inside.post("token")

    passes = [verify_pass(inside.token), verify_pass(renewed.json()["data"]["token"])]
    assert [(one.user_id, one.unproven, one.role) for one in passes] == [(person.pk, True, "attendee")] * 2


def test_a_proven_pass_says_nothing_of_it(call, webinar, person):
    assert not verify_pass(call(webinar, person).token).unproven


BECOMES = {
    "a password": lambda user, webinar: (user.set_password("a-long-quiet-evening"), user.save()),
    "a member": lambda user, webinar: ClientMemberFactory(client=webinar.client, user=user, role="viewer"),
    "a member elsewhere": lambda user, webinar: AgencyMemberFactory(user=user),
    "staff": lambda user, webinar: User.objects.update(is_staff=True),
    "a super admin": lambda user, webinar: User.objects.update(is_superuser=True),
    "a second factor": lambda user, webinar: Authenticator.objects.create(user=user, type="totp", data={}),
    "a social account": lambda user, webinar: SocialAccount.objects.create(user=user, provider="kakao", uid="1"),
    "a presenter": lambda user, webinar: Registration.objects.update(role="presenter"),
    "a moderator": lambda user, webinar: Registration.objects.update(role="moderator"),
    "proof is asked for": lambda user, webinar: Webinar.objects.update(verify_email=True),
    "another policy": lambda user, webinar: Webinar.objects.update(access_policy="auth"),
}


@pytest.mark.parametrize("what", BECOMES)
def test_whoever_gets_something_to_lose_has_to_prove_it(inside, webinar, person, what):
    BECOMES[what](person, webinar)

    refused = inside.post("token", headers={"Accept-Language": "en"})

    assert (refused.status_code, refused.json()["code"]) == (403, "proof_required")
    assert refused.json()["error"] == "Confirm your email address to come in again."


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda: AllowedEmail.objects.all().delete(), (403, "not_registered")),
        (lambda: Registration.objects.update(banned_at=timezone.now()), (403, "banned")),
        (lambda: User.objects.update(is_active=False), (403, "proof_required")),
    ],
)
def test_whoever_lost_the_seat_gets_no_other(inside, change, expected):
    change()

    refused = inside.post("token")

    assert (refused.status_code, refused.json()["code"]) == expected


def test_a_page_that_slept_renews_by_its_cookie(client, inside, webinar, person, django_assert_num_queries):
    with django_assert_num_queries(2):  # 1. which webinar this address names, 2. webinar, person and what is to lose
        renewed = client.post("/api/webinars/demo/token")

    claims = verify_pass(renewed.json()["data"]["token"])
    assert (claims.user_id, claims.unproven) == (person.pk, True)


def test_the_cookie_is_worth_nothing_in_another_webinar(client, inside):
    other = AllowedEmailFactory(email="guest@example.com", webinar__verify_email=False).webinar

    refused = client.post(f"/api/webinars/{other.slug}/token")

    assert (refused.status_code, refused.json()["code"]) == (401, "login_required")


def test_the_cookie_needs_the_csrf_token(webinar, person):
    browser = Client(enforce_csrf_checks=True)
    browser.get("/webinars/demo/")
    token = browser.cookies["csrftoken"].value if "csrftoken" in browser.cookies else _csrf(browser)
    type_address(browser, webinar, "guest@example.com", csrfmiddlewaretoken=token)

    assert browser.post("/api/webinars/demo/token").status_code == 403


def _csrf(browser):
    (name,) = [name for name in browser.cookies if name.endswith("csrftoken")]
    return browser.cookies[name].value


def test_whoever_signs_in_is_who_they_signed_in_as(client, inside, webinar):
    other = UserFactory()
    client.force_login(other, backend=BACKEND)

    refused = client.post("/api/webinars/demo/token")

    assert (refused.status_code, refused.json()["code"]) == (403, "not_registered")


@pytest.mark.parametrize("role", ["manager", "presenter", "moderator"])
def test_an_unproven_pass_leads_no_room(inside, webinar, person, role):
    if role == "manager":
        ClientMemberFactory(client=webinar.client, user=person, role="owner")
    else:
        Registration.objects.update(role=role)

    acts = [
        inside.send("PUT", "notice", {"text": "x"}),
        inside.send("PATCH", "room", {"chat_enabled": False}),
        inside.post(f"members/{UserFactory().pk}/ban"),
        inside.get("stats"),
    ]

    assert {answer.status_code for answer in acts} <= {403, 404, 405}
    found = webinar_and_person("demo", user_id=person.pk, proven=False)
    assert found is not None


def test_the_api_registers_nobody_who_is_not_signed_in(client, inside):
    Registration.objects.all().delete()

    refused = client.post("/api/webinars/demo/registrations", {}, content_type="application/json")

    assert (refused.status_code, Registration.objects.count()) == (401, 0)
