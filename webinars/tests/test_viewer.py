"""Who may see a webinar's figures (spec 1, 17)."""

import json

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from webinars.api.viewer import VIEWER_AUTHENTICATION, viewer_of
from webinars.models import Webinar
from webinars.tests.factories import AgencyMemberFactory, ClientMemberFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db


class PersonalView(APIView):
    """Answers who asks, to those who may see personal data."""

    authentication_classes = VIEWER_AUTHENTICATION

    def get(self, request: Request, w: str) -> Response:
        viewer = viewer_of(request, w, verb="see_personal")
        return Response({"webinar": viewer.webinar.title, "user": viewer.user_id, "may": sorted(viewer.verbs)})

    post = get


@pytest.fixture
def ask():
    """Asks the view as somebody with a pass, a session, both or neither."""

    def call(webinar, *, token=None, user=None, method="get", csrf=False):
        headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
        if csrf:
            headers |= {"HTTP_X_CSRFTOKEN": "c" * 32, "HTTP_COOKIE": f"csrftoken={'c' * 32}"}
        request = getattr(APIRequestFactory(enforce_csrf_checks=True), method)("/", **headers)
        if user is not None:
            request.user = user
        ref = webinar.slug if isinstance(webinar, Webinar) else webinar
        response = PersonalView.as_view()(request, w=ref).render()
        return response.status_code, json.loads(response.content)

    return call


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("admin", 200), ("operator", 200), ("analyst", 200), ("viewer", 403)]
)
@pytest.mark.parametrize("of", ["agency", "client"])
def test_members_by_role(ask, webinar, pass_for, role, of, status, django_assert_num_queries):
    member = (
        AgencyMemberFactory(agency=webinar.agency, role=role).user
        if of == "agency"
        else ClientMemberFactory(client=webinar.client, role=role).user
    )
    token = pass_for(webinar, member)

    with django_assert_num_queries(1 if status == 200 else 0):  # 1. the webinar, when the view wants it
        by_pass = ask(webinar, token=token)
    with django_assert_num_queries(1):  # 1. the webinar and the person's standing
        by_session = ask(webinar, user=member)

    assert (by_pass[0], by_session[0]) == (status, status)
    assert by_pass[1] == by_session[1]
    if status == 200:
        assert (by_pass[1]["data"]["webinar"], by_pass[1]["data"]["user"]) == (webinar.title, str(member.pk))


@pytest.mark.parametrize(("who", "status"), [("attendee", 404), ("stranger", 404), ("rival", 404), ("organizer", 200)])
def test_what_is_not_theirs_does_not_exist(ask, request, webinar, who, status):
    assert ask(webinar, user=request.getfixturevalue(who))[0] == status


def test_an_unknown_webinar_does_not_exist(ask, organizer):
    assert [ask(ref, user=organizer)[0] for ref in ("nothing-here", "a\x00b")] == [404, 404]


def test_attendees_and_guests_may_not(ask, webinar, attendee, pass_for):
    open_webinar = WebinarFactory(access_policy="open")

    attendees = ask(webinar, token=pass_for(webinar, attendee))
    guests = ask(open_webinar, token=pass_for(open_webinar))

    assert [(status, body["code"]) for status, body in (attendees, guests)] == [(403, "forbidden")] * 2


def test_nobody_is_asked_who_they_are(ask, webinar):
    status, body = ask(webinar)

    assert (status, body["code"]) == (401, "invalid_pass")


def test_a_pass_counts_before_a_session(ask, webinar, organizer, pass_for):
    elsewhere = WebinarFactory(client=webinar.client)

    wrong_pass = ask(elsewhere, token=pass_for(webinar, organizer), user=organizer)
    no_pass = ask(webinar, token="not-a-pass", user=organizer)

    assert [(status, body["code"]) for status, body in (wrong_pass, no_pass)] == [
        (403, "wrong_webinar"),
        (401, "invalid_pass"),
    ]


def test_people_who_were_switched_off_are_nobody(ask, webinar, organizer):
    organizer.is_active = False

    assert ask(webinar, user=organizer)[0] == 401


def test_super_admins_may_everything(ask, webinar):
    status, body = ask(webinar, user=UserFactory(is_superuser=True))

    assert (status, body["data"]["may"]) == (200, ["manage_members", "run", "see_personal", "see_statistics"])


def test_a_webinar_that_was_deleted_is_gone_for_its_passes(ask, webinar, organizer, pass_for):
    token, slug = pass_for(webinar, organizer), webinar.slug
    webinar.delete()

    assert ask(slug, token=token)[0] == 404


def test_a_session_writes_with_the_csrf_token_only(ask, webinar, organizer):
    without = ask(webinar, user=organizer, method="post")
    with_token = ask(webinar, user=organizer, method="post", csrf=True)

    assert (without[0], with_token[0]) == (403, 200)
