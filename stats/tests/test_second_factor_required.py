"""A member whose agency asks for a second factor that they lack is a member nowhere until they have one (spec 1)."""

import json

import pytest
from django.test import Client as Browser
from django.urls import reverse

from stats.tests.factories import ExportFactory
from webinars.models import Agency, Registration, Webinar
from webinars.selectors.access import RoomRole
from webinars.services.live_pass import verify_pass
from webinars.tests.account_people import give_factor
from webinars.tests.console_people import sign_in
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    MessageFactory,
    QuestionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["agency", "client"])
def member(request, webinar):
    user = UserFactory(is_staff=True)
    if request.param == "agency":
        return AgencyMemberFactory(agency=webinar.agency, role="owner", user=user).user
    return ClientMemberFactory(client=webinar.client, role="owner", user=user).user


@pytest.fixture(params=["without", "with"])
def has_factor(request, member):
    if request.param == "with":
        give_factor(member)
    return request.param == "with"


@pytest.fixture
def strict(webinar):
    """Called once the pages are open."""
    return lambda: Agency.objects.filter(pk=webinar.agency_id).update(mfa_required=True)


LISTS = (
    "webinars_webinar",
    "webinars_registration",
    "webinars_message",
    "webinars_question",
    "webinars_client",
    "webinars_clientmember",
    "webinars_invitation",
    "webinars_auditentry",
    "presence_usersession",
    "stats_accesslog",
)


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_the_console(webinar, member, has_factor, strict, name):
    browser = sign_in(Browser(), member)
    page = reverse(f"admin:{name}_changelist")
    before = browser.get(page).status_code
    strict()

    assert (before, browser.get(page).status_code) == (200, 200 if has_factor else 302)


def test_objects_and_what_is_done_with_them(webinar, member, has_factor, strict):
    Webinar.objects.filter(pk=webinar.pk).update(state="scheduled")
    browser = sign_in(Browser(), member)
    strict()

    pages = [reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk]) for name in ("change", "live", "statistics")]
    seen = {browser.get(page).status_code for page in pages}
    browser.post(reverse("admin:webinars_webinar_start", args=[webinar.pk]))

    webinar.refresh_from_db()
    assert seen == ({200} if has_factor else {302})
    assert webinar.state == ("live" if has_factor else "scheduled")


API = (
    "stats",
    "stats/curves",
    "stats/access",
    "stats/attendance",
    "stats/reconciliation",
    "stats/attendance?format=csv",
)


@pytest.mark.parametrize("path", API)
def test_statistics_by_session(webinar, member, has_factor, strict, path):
    browser = sign_in(Browser(), member)
    url = f"/api/webinars/{webinar.slug}/{path}"
    before = browser.get(url).status_code
    strict()

    assert (before, browser.get(url).status_code) == (200, 200 if has_factor else 404)


@pytest.mark.parametrize("path", ["", "/file"])
def test_exported_files(webinar, member, strict, path):
    export = ExportFactory(webinar=webinar, requested_by=member)
    strict()

    answer = sign_in(Browser(), member).get(f"/api/webinars/{webinar.slug}/stats/exports/{export.pk}{path}")

    assert answer.status_code == 404


def role_on_page(browser, webinar):
    """As the live page's own pass says; None where no page is."""
    page = browser.get(f"/webinars/{webinar.slug}/live/")
    if page.status_code != 200:
        return None
    return verify_pass(page.context["live_config"]["token"]).role


def test_the_live_page(webinar, member, has_factor, strict):
    browser = sign_in(Browser(), member)
    before = role_on_page(browser, webinar)
    strict()

    assert before is RoomRole.MANAGER
    assert (role_on_page(browser, webinar) is RoomRole.MANAGER) is has_factor


def test_a_draft_is_there_for_its_members_only(webinar, member, has_factor, strict):
    Webinar.objects.filter(pk=webinar.pk).update(state="draft")
    browser = sign_in(Browser(), member)
    strict()

    assert browser.get(f"/webinars/{webinar.slug}/").status_code == (200 if has_factor else 404)


@pytest.mark.parametrize("by", ["pass", "session"])
@pytest.mark.parametrize("policy", ["auth", "email_auth"])
def test_the_next_renewal_of_a_managers_pass(call, webinar, member, has_factor, strict, by, policy):
    Webinar.objects.filter(pk=webinar.pk).update(access_policy=policy)
    webinar.refresh_from_db()
    caller = call(webinar, member)
    assert verify_pass(caller.token).role is RoomRole.MANAGER
    strict()
    if by == "session":
        browser = sign_in(Browser(), member)
        answer = browser.post(f"/api/webinars/{webinar.slug}/token")
    else:
        answer = caller.post("token")

    if has_factor:
        assert verify_pass(answer.json()["data"]["token"]).role is RoomRole.MANAGER
    elif policy == "email_auth":
        assert answer.status_code == 403
    else:
        renewed = verify_pass(answer.json()["data"]["token"])
        assert (renewed.role, renewed.verbs) == (RoomRole.ATTENDEE, frozenset())


def test_what_an_old_pass_still_does_in_the_room(call, webinar, member, has_factor, strict):
    """Writing, answering, keeping order and switching ask the database each time."""
    message, question = MessageFactory(webinar=webinar), QuestionFactory(webinar=webinar)
    caller = call(webinar, member)
    strict()

    acts = [
        caller.post("messages", {"body": "hello", "client_id": "client-1"}),
        caller.post("questions", {"body": "Why?", "client_id": "client-2"}),
        caller.send("PATCH", f"questions/{question.pk}", {"status": "published"}),
        caller.send("DELETE", f"messages/{message.pk}"),
        caller.send("PATCH", "room", {"chat_enabled": False}),
        caller.send("PUT", "notice", {"text": "Welcome"}),
        caller.get("members/silenced"),
    ]
    read = caller.get("questions").json()

    statuses = {answer.status_code for answer in acts}
    assert statuses <= {200, 201, 204} if has_factor else statuses == {403}
    assert ("Will there be a recording?" in json.dumps(read)) is has_factor
    assert not Registration.objects.filter(user=member).exists()
