"""Who gets in (spec 3): the rule, as a table."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from hypothesis import given
from hypothesis import strategies as st

from webinars.models import Webinar
from webinars.selectors.access import (
    Person,
    consenting,
    decide_access,
    may_register,
    may_watch_again,
    webinar_and_person,
)
from webinars.tests.factories import (
    AgencyMemberFactory,
    AllowedEmailFactory,
    ClientMemberFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
ME = uuid.uuid4()
STRANGER = Person()
GUEST = Person(guest_id="guest-1")
SIGNED_IN = Person(user_id=ME)
LISTED = Person(user_id=ME, on_list=True)
OWES = Person(user_id=ME, on_list=True, owes_consent=True)
REGISTERED = Person(user_id=ME, registration_role="attendee")
REGISTERED_LISTED = Person(user_id=ME, registration_role="attendee", on_list=True)
REGISTERED_OWES = Person(user_id=ME, registration_role="attendee", on_list=True, owes_consent=True)
PRESENTER = Person(user_id=ME, registration_role="presenter")
MODERATOR = Person(user_id=ME, registration_role="moderator")
BANNED = Person(user_id=ME, registration_role="attendee", on_list=True, banned=True)
BANNED_MODERATOR = Person(user_id=ME, registration_role="moderator", banned=True)
INACTIVE = Person(user_id=ME, is_active=False)
INACTIVE_LISTED = Person(user_id=ME, is_active=False, registration_role="attendee", on_list=True)
INACTIVE_MODERATOR = Person(user_id=ME, is_active=False, registration_role="moderator")
INACTIVE_MEMBER = Person(user_id=ME, is_active=False, member_roles=frozenset({"owner"}))
VIEWER = Person(user_id=ME, member_roles=frozenset({"viewer"}))
BANNED_MEMBER = Person(user_id=ME, member_roles=frozenset({"viewer"}), registration_role="attendee", banned=True)
SUPER = Person(user_id=ME, is_superuser=True)
PEOPLE = {name: value for name, value in globals().items() if isinstance(value, Person)}

# Who typed an address and is not signed in; the account has nothing to lose unless it says otherwise.
UNPROVEN = {
    "SIGNED_IN": SIGNED_IN,
    "LISTED": LISTED,
    "REGISTERED": REGISTERED,
    "REGISTERED_LISTED": REGISTERED_LISTED,
    "OWES": OWES,
    "PRESENTER": PRESENTER,
    "MODERATOR": MODERATOR,
    "BANNED": BANNED,
    "INACTIVE_LISTED": INACTIVE_LISTED,
    "VIEWER": VIEWER,
    "SUPER": SUPER,
}

OK, AS_PRESENTER, AS_MODERATOR, AS_MANAGER = "ok", "ok presenter", "ok moderator", "ok manager"
LOGIN, NOT, CONSENT, PROOF = "login_required", "not_registered", "consent_required", "proof_required"
BAN = "banned"


def webinar(policy="auth", state="live", *, verify_email=True):
    return Webinar(
        webinar_start_time=START,
        webinar_scheduled_end_time=START + timedelta(hours=1),
        post_window_minutes=30,
        access_policy=policy,
        state=state,
        verify_email=verify_email,
    )


# By person, in the order open, auth, email_auth, name_email_auth.
SIGNED_IN_TABLE = {
    "STRANGER": (OK, LOGIN, LOGIN, LOGIN),
    "GUEST": (OK, LOGIN, LOGIN, LOGIN),
    "SIGNED_IN": (OK, OK, NOT, NOT),
    "LISTED": (OK, OK, OK, NOT),
    "OWES": (CONSENT, CONSENT, CONSENT, NOT),
    "REGISTERED": (OK, OK, NOT, OK),
    "REGISTERED_LISTED": (OK, OK, OK, OK),
    "REGISTERED_OWES": (OK, OK, OK, OK),
    "PRESENTER": (AS_PRESENTER,) * 4,
    "MODERATOR": (AS_MODERATOR,) * 4,
    "BANNED": (BAN,) * 4,
    "BANNED_MODERATOR": (BAN,) * 4,
    "INACTIVE": (OK, LOGIN, LOGIN, LOGIN),
    "INACTIVE_LISTED": (OK, LOGIN, LOGIN, LOGIN),
    "INACTIVE_MODERATOR": (OK, LOGIN, LOGIN, LOGIN),
    "INACTIVE_MEMBER": (OK, LOGIN, LOGIN, LOGIN),
    "VIEWER": (AS_MANAGER,) * 4,
    "BANNED_MEMBER": (AS_MANAGER,) * 4,
    "SUPER": (AS_MANAGER,) * 4,
}
# Where no proof is asked for. With `verify_email` on, and for accounts with something to lose, all but the banned
# have to prove their address.
UNPROVEN_TABLE = {
    "SIGNED_IN": (PROOF, PROOF, NOT, NOT),
    "LISTED": (PROOF, PROOF, OK, NOT),
    "REGISTERED": (PROOF, PROOF, NOT, OK),
    "REGISTERED_LISTED": (PROOF, PROOF, OK, OK),
    "OWES": (PROOF, PROOF, CONSENT, NOT),
    "PRESENTER": (PROOF,) * 4,
    "MODERATOR": (PROOF,) * 4,
    "BANNED": (BAN,) * 4,
    "INACTIVE_LISTED": (PROOF, PROOF, LOGIN, LOGIN),
    "VIEWER": (PROOF, PROOF, NOT, NOT),
    "SUPER": (PROOF, PROOF, NOT, NOT),
}
POLICIES = ("open", "auth", "email_auth", "name_email_auth")


def decision(access):
    assert access.allowed == (access.reason == "ok")
    role = f" {access.role}" if access.role != "attendee" else ""
    return f"{access.reason}{role}"


def test_the_tables_name_everybody():
    assert (set(SIGNED_IN_TABLE), set(UNPROVEN_TABLE)) == (set(PEOPLE), set(UNPROVEN))


@pytest.mark.parametrize("verify_email", [True, False])
@pytest.mark.parametrize("name", SIGNED_IN_TABLE)
def test_who_is_signed_in(name, verify_email):
    decisions = tuple(
        decision(decide_access(webinar=webinar(policy, verify_email=verify_email), person=PEOPLE[name], now=START))
        for policy in POLICIES
    )

    assert decisions == SIGNED_IN_TABLE[name]


@pytest.mark.parametrize("name", UNPROVEN_TABLE)
def test_who_only_typed_an_address(name):
    person = replace(UNPROVEN[name], proven=False, may_go_unproven=True)

    decisions = tuple(
        decision(decide_access(webinar=webinar(policy, verify_email=False), person=person, now=START))
        for policy in POLICIES
    )

    assert decisions == UNPROVEN_TABLE[name]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("verify_email", "nothing_to_lose"), [(True, True), (True, False), (False, False)])
@pytest.mark.parametrize("name", UNPROVEN_TABLE)
def test_who_typed_an_address_where_that_is_not_enough(name, verify_email, nothing_to_lose, policy):
    person = replace(UNPROVEN[name], proven=False, may_go_unproven=nothing_to_lose)

    access = decide_access(webinar=webinar(policy, verify_email=verify_email), person=person, now=START)

    assert decision(access) == (BAN if name == "BANNED" else PROOF)


@given(
    person=st.builds(
        Person,
        user_id=st.sampled_from([None, ME]),
        is_active=st.booleans(),
        is_superuser=st.booleans(),
        member_roles=st.frozensets(st.sampled_from(["owner", "viewer"])),
        registration_role=st.sampled_from([None, "attendee", "presenter", "moderator"]),
        banned=st.booleans(),
        proven=st.just(False),
        may_go_unproven=st.booleans(),
        on_list=st.booleans(),
        owes_consent=st.booleans(),
    ),
    policy=st.sampled_from(POLICIES),
    verify_email=st.booleans(),
    minutes=st.integers(-100, 200),
)
def test_an_address_that_was_typed_never_opens_more_than_a_seat(person, policy, verify_email, minutes):
    now = START + timedelta(minutes=minutes)

    access = decide_access(webinar=webinar(policy, verify_email=verify_email), person=person, now=now)

    assert access.role == "attendee"
    assert access.verbs == frozenset()
    assert not (access.allowed and (verify_email or person.banned or not person.may_go_unproven))


@pytest.mark.parametrize("name", SIGNED_IN_TABLE)
def test_the_replay_is_for_whom_the_policy_lets_in(name):
    shown = [may_watch_again(webinar=webinar(policy, "ended"), person=PEOPLE[name]) for policy in POLICIES]

    assert shown == [said.startswith(OK) or said == CONSENT for said in SIGNED_IN_TABLE[name]]


@pytest.mark.parametrize("policy", ["open", "auth", "email_auth"])
def test_registering_is_for_who_consents(policy):
    asked = may_register(webinar=webinar(policy), person=OWES, now=START - timedelta(days=1))
    agreed = may_register(webinar=webinar(policy), person=consenting(OWES), now=START - timedelta(days=1))

    assert (asked.reason, agreed.reason) == ("consent_required", "ok")


def test_who_is_on_the_list_waits_for_the_doors():
    early = START - timedelta(days=1)

    assert decide_access(webinar=webinar("email_auth"), person=LISTED, now=early).reason == "too_early"
    assert decide_access(webinar=webinar("email_auth"), person=SIGNED_IN, now=early).reason == "not_registered"


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


def standing_of(webinar, user, *, proven=True):
    found = webinar_and_person(str(webinar.pk), user_id=user.pk, proven=proven)
    assert found is not None
    return found[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "signed_in", "typed"),
    [
        ([], True, True),  # an account from before, or made by an organizer
        ([("me@example.com", True)], True, True),
        ([("me@example.com", False)], False, True),  # signed up, and never proved it
        ([("other@example.com", False)], True, True),
    ],
)
def test_whether_the_accounts_own_address_counts(rows, signed_in, typed):
    allowed = AllowedEmailFactory(email="me@example.com")
    user = UserFactory(email="Me@Example.com")
    for email, verified in rows:
        EmailAddress.objects.create(user=user, email=email, verified=verified)

    assert standing_of(allowed.webinar, user).on_list is signed_in
    assert standing_of(allowed.webinar, user, proven=False).on_list is typed


@pytest.mark.django_db
@pytest.mark.parametrize(("verified", "on_list"), [(True, True), (False, False)])
def test_whether_another_address_of_the_person_counts(verified, on_list):
    allowed = AllowedEmailFactory(email="work@example.com")
    user = UserFactory(email="home@example.com")
    EmailAddress.objects.create(user=user, email="work@example.com", verified=verified)

    assert standing_of(allowed.webinar, user).on_list is on_list


@pytest.mark.django_db
def test_the_list_of_another_webinar_or_policy_says_nothing(webinar):
    user = UserFactory(email="me@example.com")
    AllowedEmailFactory(email="me@example.com")
    AllowedEmailFactory(webinar=webinar, email="me@example.com")

    assert not standing_of(webinar, user).on_list  # policy `auth`
    assert not standing_of(WebinarFactory(access_policy="email_auth"), user).on_list


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("versions", "is_asked", "owes"),
    [
        ([True], True, True),
        ([False], True, False),
        ([True, False], True, False),
        ([False, True], True, True),
        ([True], False, False),
    ],
)
def test_whether_a_consent_is_owed(webinar, versions, is_asked, owes):
    text = ConsentTextFactory(client=webinar.client, is_asked=is_asked)
    for number, required in enumerate(versions, start=1):
        ConsentVersionFactory(text=text, number=number, is_required=required)
    ConsentVersionFactory()  # of another client
    registered = RegistrationFactory(webinar=webinar).user

    assert standing_of(webinar, UserFactory()).owes_consent is owes
    assert not standing_of(webinar, registered).owes_consent


@pytest.mark.django_db
@pytest.mark.parametrize("addresses", [1, 3])
def test_standing_before_a_list_is_one_query_too(django_assert_num_queries, addresses):
    allowed = AllowedEmailFactory.create_batch(addresses, webinar=WebinarFactory(access_policy="email_auth"))
    user = UserFactory(email=allowed[0].email)
    for row in allowed:
        EmailAddress.objects.create(user=user, email=row.email, verified=True)

    with django_assert_num_queries(1):  # 1. the webinar with the person's standing, list and consents included
        person = standing_of(allowed[0].webinar, user, proven=False)

    assert (person.on_list, person.may_go_unproven) == (True, False)  # not asked for where proof is
