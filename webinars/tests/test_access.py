"""Who gets in (spec 3): the rule, as a table."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from webinars.models import Webinar
from webinars.selectors.access import Person, decide_access, webinar_and_person
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
STRANGER = Person()
GUEST = Person(guest_id="guest-1")
SIGNED_IN = Person(user_id=uuid.uuid4())
REGISTERED = Person(user_id=uuid.uuid4(), registration_role="attendee")
MODERATOR = Person(user_id=uuid.uuid4(), registration_role="moderator")
BANNED = Person(user_id=uuid.uuid4(), registration_role="attendee", banned=True)
INACTIVE = Person(user_id=uuid.uuid4(), is_active=False)
INACTIVE_MODERATOR = Person(user_id=uuid.uuid4(), is_active=False, registration_role="moderator")
VIEWER = Person(user_id=uuid.uuid4(), member_roles=frozenset({"viewer"}))
SUPER = Person(user_id=uuid.uuid4(), is_superuser=True)


def webinar(policy="auth", state="live"):
    return Webinar(
        webinar_start_time=START,
        webinar_scheduled_end_time=START + timedelta(hours=1),
        post_window_minutes=30,
        access_policy=policy,
        state=state,
    )


@pytest.mark.parametrize(
    ("policy", "person", "expected"),
    [
        ("open", STRANGER, (True, "ok", "attendee")),
        ("open", GUEST, (True, "ok", "attendee")),
        ("open", SIGNED_IN, (True, "ok", "attendee")),
        ("open", BANNED, (False, "banned", "attendee")),
        ("open", INACTIVE_MODERATOR, (True, "ok", "attendee")),
        ("auth", STRANGER, (False, "login_required", "attendee")),
        ("auth", GUEST, (False, "login_required", "attendee")),
        ("auth", SIGNED_IN, (True, "ok", "attendee")),
        ("auth", REGISTERED, (True, "ok", "attendee")),
        ("auth", MODERATOR, (True, "ok", "moderator")),
        ("auth", BANNED, (False, "banned", "attendee")),
        ("auth", INACTIVE, (False, "login_required", "attendee")),
        ("auth", VIEWER, (True, "ok", "manager")),
        ("auth", SUPER, (True, "ok", "manager")),
        ("email_auth", GUEST, (False, "login_required", "attendee")),
        ("email_auth", SIGNED_IN, (False, "not_registered", "attendee")),
        ("email_auth", REGISTERED, (True, "ok", "attendee")),
        ("name_email_auth", SIGNED_IN, (False, "not_registered", "attendee")),
        ("name_email_auth", REGISTERED, (True, "ok", "attendee")),
    ],
)
def test_policies(policy, person, expected):
    access = decide_access(webinar=webinar(policy), person=person, now=START)

    assert (access.allowed, access.reason, access.role) == expected


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [(-31, "too_early"), (-30, "ok"), (0, "ok"), (60, "ok"), (89, "ok"), (90, "ended"), (10_000, "ended")],
)
def test_times(minutes, reason):
    now = START + timedelta(minutes=minutes)

    assert decide_access(webinar=webinar(), person=SIGNED_IN, now=now).reason == reason
    assert decide_access(webinar=webinar(), person=VIEWER, now=now).reason == "ok"


def test_the_actual_end_comes_before_the_planned_one():
    ended = webinar(state="ended")
    ended.webinar_actual_end_time = START + timedelta(minutes=20)

    assert decide_access(webinar=ended, person=SIGNED_IN, now=START + timedelta(minutes=50)).reason == "ended"
    assert decide_access(webinar=ended, person=SIGNED_IN, now=START + timedelta(minutes=49)).reason == "ok"


@pytest.mark.parametrize(("person", "reason"), [(SIGNED_IN, "draft"), (GUEST, "draft"), (VIEWER, "ok"), (SUPER, "ok")])
def test_a_draft_is_its_members_alone(person, reason):
    assert decide_access(webinar=webinar("open", state="draft"), person=person, now=START).reason == reason


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        ("owner", {"manage_members", "run", "see_personal", "see_statistics"}),
        ("admin", {"manage_members", "run", "see_personal", "see_statistics"}),
        ("operator", {"run", "see_personal", "see_statistics"}),
        ("analyst", {"see_personal", "see_statistics"}),
        ("viewer", {"see_statistics"}),
    ],
)
def test_what_each_role_may(role, verbs):
    member = Person(user_id=uuid.uuid4(), member_roles=frozenset({role}))

    assert decide_access(webinar=webinar(), person=member, now=START).verbs == verbs


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, 3])
def test_standing_is_one_query(django_assert_num_queries, times):
    webinar = WebinarFactory()
    user = UserFactory(display_name="박서연")
    AgencyMemberFactory(agency=webinar.agency, user=user, role="analyst")
    ClientMemberFactory(client=webinar.client, user=user, role="operator")
    RegistrationFactory.create_batch(times, webinar=webinar)
    RegistrationFactory(webinar=webinar, user=user, role="presenter")
    for other in WebinarFactory.create_batch(times):
        RegistrationFactory(webinar=other, user=user, role="moderator")
        AgencyMemberFactory(agency=other.agency, user=user, role="owner")

    with django_assert_num_queries(1):
        found = webinar_and_person(webinar.slug, user_id=user.pk)

    assert found == (
        webinar,
        Person(
            user_id=user.pk,
            name="박서연",
            member_roles=frozenset({"analyst", "operator"}),
            registration_role="presenter",
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "name"), [("ko", "참석자"), ("en", "Attendee")])
def test_somebody_without_a_name_gets_one_in_the_rooms_language(language, name):
    webinar = WebinarFactory(language=language)

    found = webinar_and_person(webinar.slug, user_id=UserFactory(display_name="").pk)

    assert found is not None
    assert found[1].name == name


@pytest.mark.django_db
@pytest.mark.parametrize("ref", ["a\x00b", "{00000000-0000-0000-0000-000000000000}", "urn:uuid:x", "", "x" * 5000])
def test_odd_references_name_nothing(webinar, ref):
    assert webinar_and_person(ref, user_id=None) is None


@pytest.mark.django_db
def test_members_of_others_are_nobody_here(webinar, rival):
    found = webinar_and_person(str(webinar.pk), user_id=rival.pk)

    assert found is not None
    assert not found[1].is_manager


@pytest.mark.django_db
def test_unknown_webinars_and_people(webinar):
    gone = uuid.uuid4()

    assert webinar_and_person("no-such-webinar", user_id=None) is None
    assert webinar_and_person(str(uuid.uuid4()), user_id=None) is None
    assert webinar_and_person(webinar.slug, user_id=gone) == (webinar, Person(user_id=gone, is_active=False))
