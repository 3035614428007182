"""People who come by their address alone, and who may go without proving it (spec 3)."""

import uuid

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.cached_db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from webinars.models import User
from webinars.services.people import person_by_address
from webinars.tests.at_once import Team
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)
from webinars.unproven import MOST_REMEMBERED, forget, may_go_unproven, remember_unproven, unproven_user_id

NOW = timezone.now()


@pytest.mark.django_db
def test_a_new_person_has_no_password_and_an_address_to_prove():
    person = person_by_address("  New.Person@Example.COM ", name="Han Jiwon", now=NOW)

    (address,) = EmailAddress.objects.filter(user=person).values_list("email", "primary", "verified")
    assert (person.email, person.display_name, person.date_joined) == ("new.person@example.com", "Han Jiwon", NOW)
    assert not person.has_usable_password()
    assert address == ("new.person@example.com", True, False)


@pytest.mark.django_db
def test_a_known_person_is_found_without_regard_to_case_and_keeps_their_name():
    known = UserFactory(email="Known@Example.com", display_name="Known")

    assert person_by_address("known@example.com", name="Another", now=NOW) == known
    known.refresh_from_db()
    assert known.display_name == "Known"


@pytest.mark.django_db
def test_who_proved_an_address_comes_before_who_only_claims_it():
    UserFactory(email="shared@example.com")
    owner = UserFactory()
    EmailAddress.objects.create(user=owner, email="shared@example.com", verified=True)

    assert person_by_address("shared@example.com", now=NOW) == owner


@pytest.mark.django_db(transaction=True)
def test_racing_calls_make_one_person():
    team = Team(4)
    try:
        people = team.at_once(*[lambda: person_by_address("race@example.com", now=NOW)] * 4)
    finally:
        team.close()

    assert len({person.pk for person in people}) == 1
    assert User.objects.filter(email="race@example.com").count() == 1


LOSES = {
    "password": lambda user, _webinar: (user.set_password("a-secret-of-theirs"), user.save()),
    "agency": lambda user, _webinar: AgencyMemberFactory(user=user, role="viewer"),
    "client": lambda user, _webinar: ClientMemberFactory(user=user, role="viewer"),
    "staff": lambda user, _webinar: User.objects.filter(pk=user.pk).update(is_staff=True),
    "superuser": lambda user, _webinar: User.objects.filter(pk=user.pk).update(is_superuser=True),
    "inactive": lambda user, _webinar: User.objects.filter(pk=user.pk).update(is_active=False),
    "second factor": lambda user, _webinar: Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": "x"}
    ),
    "social account": lambda user, _webinar: SocialAccount.objects.create(user=user, provider="kakao", uid="1"),
    "presenter": lambda user, webinar: RegistrationFactory(webinar=webinar, user=user, role="presenter"),
    "moderator": lambda user, webinar: RegistrationFactory(webinar=webinar, user=user, role="moderator"),
    "banned": lambda user, webinar: RegistrationFactory(webinar=webinar, user=user, banned_at=NOW),
    "asks for proof": lambda _user, webinar: setattr(webinar, "verify_email", True),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", LOSES)
def test_who_may_not_go_unproven(what):
    webinar = WebinarFactory(access_policy="email_auth", verify_email=False)
    person = person_by_address("seat@example.com", now=NOW)
    RegistrationFactory(user=person, role="presenter")  # in another webinar
    assert may_go_unproven(person, webinar)

    LOSES[what](person, webinar)

    person.refresh_from_db()
    assert not may_go_unproven(person, webinar)


@pytest.mark.django_db
def test_a_registered_attendee_may_go_unproven_in_one_query(django_assert_num_queries):
    webinar = WebinarFactory(access_policy="email_auth", verify_email=False)
    person = person_by_address("seat@example.com", now=NOW)
    RegistrationFactory(webinar=webinar, user=person)

    with django_assert_num_queries(1):  # 1. the person, without what makes them lose something
        assert may_go_unproven(person, webinar)


@pytest.fixture
def request_with_session(db):
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.session.save()
    return request


def test_the_session_remembers_a_person_for_each_webinar_under_a_new_key(request_with_session):
    request, key = request_with_session, request_with_session.session.session_key
    one, other, person = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()

    remember_unproven(request, one, person)

    assert request.session.session_key != key
    assert unproven_user_id(request, one) == person
    assert unproven_user_id(request, other) is None
    forget(request, one)
    assert unproven_user_id(request, one) is None


def test_the_session_remembers_no_list_without_an_end(request_with_session):
    webinars = [uuid.uuid4() for _ in range(MOST_REMEMBERED + 1)]
    for webinar in webinars:
        remember_unproven(request_with_session, webinar, uuid.uuid4())

    assert unproven_user_id(request_with_session, webinars[0]) is None
    assert unproven_user_id(request_with_session, webinars[1]) is not None


@pytest.mark.parametrize("planted", [None, "text", ["list"], {"x": 1}])
def test_a_session_that_holds_something_else(request_with_session, planted):
    webinar = uuid.uuid4()
    request_with_session.session["unproven"] = planted if planted != {"x": 1} else {str(webinar): "not an id"}

    assert unproven_user_id(request_with_session, webinar) is None
