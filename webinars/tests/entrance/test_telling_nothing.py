"""Nobody learns from the door whether an address is on a list or in use (spec 3)."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from webinars.models import Registration
from webinars.services.people import person_by_address
from webinars.tests.entrance.doors import type_address
from webinars.tests.factories import (
    AgencyMemberFactory,
    AllowedEmailFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
# What differs from one answer to the next, whoever asks.
RANDOM = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"|nonce-[A-Za-z0-9+/=_-]+')
OF_THE_MOMENT = {"Date", "Expires", "Server-Timing"}


def unknown(webinar, address):
    pass


def listed(webinar, address):
    AllowedEmailFactory(webinar=webinar, email=address)


def known(webinar, address):
    user = UserFactory(email=address)
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)


def registered(webinar, address):
    AllowedEmailFactory(webinar=webinar, email=address)
    RegistrationFactory(webinar=webinar, user=person_by_address(address, now=NOW))


def member(webinar, address):
    AgencyMemberFactory(agency=webinar.agency, user=UserFactory(email=address, password="a-long-quiet-evening"))


def banned(webinar, address):
    registered(webinar, address)
    Registration.objects.filter(webinar=webinar).update(banned_at=NOW)


def inactive(webinar, address):
    UserFactory(email=address, is_active=False)


def second_address(webinar, address):
    EmailAddress.objects.create(user=UserFactory(), email=address, verified=True)


STANDINGS = [unknown, listed, known, registered, member, banned, inactive, second_address]


def seen(answer):
    """All that a browser gets to see of an answer."""
    headers = {name: RANDOM.sub("", value) for name, value in answer.items() if name not in OF_THE_MOMENT}
    cookies = {
        name: (len(cookie.value), cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"])
        for name, cookie in answer.cookies.items()
    }
    body = RANDOM.sub("", answer.content.decode())
    return answer.status_code, headers, cookies, body


def what_one_sees(webinar, address):
    browser = Client(headers={"Accept-Language": "en"})
    asked = type_address(browser, webinar, address)
    page = browser.get(asked.url)
    wrong = browser.post(asked.url, {"code": "WRONG-CODE"})
    return [seen(answer) for answer in (asked, page, wrong)]


@pytest.mark.parametrize("policy", ["email_auth", "name_email_auth"])
@pytest.mark.parametrize("standing", STANDINGS)
def test_the_door_looks_the_same_to_every_address(policy, standing, mailoutbox):
    webinar, address = WebinarFactory(access_policy=policy), "one@example.com"
    nobody = what_one_sees(webinar, "two@example.com")

    standing(webinar, address)
    somebody = what_one_sees(webinar, address)

    assert str(somebody).replace(address, "two@example.com") == str(nobody)
    assert [mail.to for mail in mailoutbox] == [["two@example.com"], [address]]
    assert mailoutbox[0].subject.count("-") == mailoutbox[1].subject.count("-")


def test_the_work_is_about_the_same():
    webinar = WebinarFactory(access_policy="email_auth")
    counts = {}
    for number, standing in enumerate(STANDINGS):
        address = f"address{number}@example.com"
        standing(webinar, address)
        with CaptureQueriesContext(connection) as queries:
            type_address(Client(), webinar, address)
        counts[standing.__name__] = len(queries)

    made = {counts.pop(name) for name in ("unknown", "listed")}  # an account for each, in four statements

    assert len(made) == 1
    assert max(counts.values()) - min(counts.values()) <= 1
    assert made.pop() - max(counts.values()) <= 4


@pytest.mark.parametrize("standing", STANDINGS)
def test_the_landing_page_knows_nothing_of_an_address(standing):
    webinar = WebinarFactory(access_policy="email_auth")
    before = seen(Client().get(f"/webinars/{webinar.slug}/"))
    standing(webinar, "one@example.com")

    assert seen(Client().get(f"/webinars/{webinar.slug}/")) == before
