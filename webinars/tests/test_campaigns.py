"""Entering a campaign and what follows from it (spec 3, 12)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webinars.models import CampaignEntry, ConsentGiven, Registration, User, Webinar
from webinars.selectors.campaigns import CampaignState, campaign_state, needs_proof, owns_address
from webinars.selectors.consents import asked_consents
from webinars.services.campaigns import (
    AddressTaken,
    CannotEnter,
    ConsentMissing,
    IsMember,
    Submission,
    enter_campaign,
    register_entrants,
)
from webinars.tests.factories import (
    AgencyMemberFactory,
    CampaignEntryFactory,
    CampaignFactory,
    CampaignQuestionFactory,
    ClientFactory,
    ClientMemberFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def webinar_of(campaign: Any, **values: Any) -> Webinar:
    values = {"state": "scheduled", "webinar_start_time": NOW + timedelta(days=7), **values}
    webinar: Webinar = WebinarFactory(client=campaign.client, registration_campaign=campaign, **values)
    return webinar


def enter(campaign: Any, user: Any = None, *, now: datetime = NOW, **values: Any) -> Any:
    user = user or UserFactory()
    values = {"email": user.email, "name": "Han Jiwon", "is_proven": True, **values}
    return enter_campaign(campaign=campaign, user=user, submission=Submission(**values), now=now)


def test_an_entry_registers_in_every_webinar_of_the_campaign_that_is_not_over() -> None:
    campaign = CampaignFactory()
    first, second = webinar_of(campaign), webinar_of(campaign, state="draft")
    webinar_of(campaign, state="ended", webinar_start_time=NOW - timedelta(days=1))
    webinar_of(campaign, webinar_start_time=NOW - timedelta(days=1))  # over, though nobody ended it
    WebinarFactory(client=campaign.client)

    entered = enter(campaign, source="letter")

    assert entered.created
    assert {webinar.pk for webinar in entered.webinars} == {first.pk, second.pk}
    made = Registration.objects.order_by("pk").values_list("webinar_id", "user_id", "source", "registered_at")
    user_id = entered.entry.user_id
    assert set(made) == {(first.pk, user_id, "letter", NOW), (second.pk, user_id, "letter", NOW)}


def test_the_same_person_again_is_one_entry_with_its_first_time_and_its_newest_answers() -> None:
    campaign = CampaignFactory(phone="optional")
    job, topics = CampaignQuestionFactory(campaign=campaign), CampaignQuestionFactory(campaign=campaign)
    person = UserFactory(email="Han@Example.com")

    enter(campaign, person, phone="010-1111-2222", answers={job.pk: "Nurse", topics.pk: ["A"]}, source="letter")
    again = enter(campaign, person, name="Han J.", answers={job.pk: "Doctor"}, source="poster", now=LATER)

    entry = CampaignEntry.objects.get()
    assert not again.created
    assert (entry.email, entry.name, entry.phone, entry.source) == (
        "han@example.com",
        "Han J.",
        "010-1111-2222",
        "letter",
    )
    assert (entry.entered_at, entry.proven_at) == (NOW, NOW)
    assert entry.answers == [
        {"question": str(job.pk), "label": job.label, "answer": "Doctor"},
        {"question": str(topics.pk), "label": topics.label, "answer": ["A"]},
    ]


def test_an_answer_can_be_emptied_and_one_to_a_question_that_is_gone_stays() -> None:
    campaign = CampaignFactory(phone="optional")
    job, gone = CampaignQuestionFactory(campaign=campaign), CampaignQuestionFactory(campaign=campaign)
    person = UserFactory()
    enter(campaign, person, phone="010-1111-2222", answers={job.pk: "Nurse", gone.pk: "Kept"})
    gone_id = str(gone.pk)
    gone.delete()

    enter(campaign, person, phone="", answers={job.pk: ""})

    entry = CampaignEntry.objects.get()
    assert entry.phone == ""
    assert entry.answers == [{"question": gone_id, "label": gone.label, "answer": "Kept"}]


def test_without_proof_only_blanks_of_an_unproven_entry_are_filled() -> None:
    campaign = CampaignFactory(phone="optional")
    job, city = CampaignQuestionFactory(campaign=campaign), CampaignQuestionFactory(campaign=campaign)
    person = UserFactory()
    enter(campaign, person, name="First", answers={job.pk: "Nurse"}, is_proven=False)

    enter(
        campaign,
        person,
        name="Second",
        phone="010-1111-2222",
        answers={job.pk: "Thief", city.pk: "Seoul"},
        is_proven=False,
        now=LATER,
    )

    entry = CampaignEntry.objects.get()
    assert (entry.name, entry.phone, entry.proven_at) == ("First", "010-1111-2222", None)
    assert [answer["answer"] for answer in entry.answers] == ["Nurse", "Seoul"]


def test_without_proof_a_proven_entry_stays_as_it_is() -> None:
    campaign = CampaignFactory(phone="optional")
    job = CampaignQuestionFactory(campaign=campaign)
    version = ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client), is_required=False)
    person = UserFactory()
    enter(campaign, person, name="Owner", consents={version.pk: True})

    enter(
        campaign,
        person,
        name="Somebody",
        phone="010-1111-2222",
        answers={job.pk: "X"},
        consents={version.pk: False},
        is_proven=False,
    )

    entry = CampaignEntry.objects.get()
    assert (entry.name, entry.phone, entry.answers) == ("Owner", "", [])
    assert list(ConsentGiven.objects.values_list("is_given", flat=True)) == [True]


def test_proof_replaces_what_was_said_without() -> None:
    campaign = CampaignFactory(phone="optional")
    job = CampaignQuestionFactory(campaign=campaign)
    person = UserFactory()
    enter(campaign, person, name="Somebody", phone="010-9999-9999", answers={job.pk: "X"}, is_proven=False)

    enter(campaign, person, name="Owner", now=LATER)

    entry = CampaignEntry.objects.get()
    assert (entry.name, entry.phone, entry.answers) == ("Owner", "", [])
    assert (entry.entered_at, entry.proven_at) == (NOW, LATER)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(["Kim", "Lee", "Park"]),
            st.sampled_from([None, "", "010-1111-1111", "010-2222-2222"]),
            st.sampled_from([None, "", "Nurse", "Doctor"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_sent_in_whatever_order_makes_one_entry_where_the_last_proof_wins(
    sent: list[tuple[bool, str, str | None, str | None]],
) -> None:
    campaign = CampaignFactory(phone="optional")
    job = CampaignQuestionFactory(campaign=campaign)
    person = UserFactory()

    for minute, (is_proven, name, phone, answer) in enumerate(sent):
        answers = {} if answer is None else {job.pk: answer}
        now = NOW + timedelta(minutes=minute)
        enter(campaign, person, name=name, phone=phone, answers=answers, is_proven=is_proven, now=now)

    entry = CampaignEntry.objects.get(campaign=campaign)
    proven = [(minute, *one[1:]) for minute, one in enumerate(sent) if one[0]]
    said = proven or [(minute, *one[1:]) for minute, one in enumerate(sent)]
    names, phones, answers = [[one[column] for one in said] for column in (1, 2, 3)]
    if proven:
        phones = [phone for phone in phones if phone is not None][-1:]
        answers = [answer for answer in answers if answer is not None][-1:]
    else:
        phones = [phone for phone in phones if phone][:1]
        answers = [answer for answer in answers if answer][:1]
    assert entry.entered_at == NOW
    assert entry.proven_at == (NOW + timedelta(minutes=proven[0][0]) if proven else None)
    assert entry.name == (names[-1] if proven else names[0])
    assert entry.phone == (phones[0] if phones else "")
    assert [answer["answer"] for answer in entry.answers] == [answer for answer in answers if answer]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "open"),
        ({"is_published": False}, "draft"),
        ({"opens_at": NOW + timedelta(seconds=1)}, "not_open"),
        ({"opens_at": NOW}, "open"),
        ({"closes_at": NOW + timedelta(seconds=1)}, "open"),
        ({"closes_at": NOW}, "closed"),
    ],
)
def test_the_states_of_a_campaign(values: dict[str, Any], state: str) -> None:
    campaign = CampaignFactory(**values)
    webinar = webinar_of(campaign)
    over = webinar_of(campaign, state="ended", webinar_start_time=NOW - timedelta(days=1))

    assert campaign_state(campaign, webinars=[webinar, over], is_full=False, now=NOW) == state
    assert campaign_state(campaign, webinars=[], is_full=False, now=NOW) == state
    overs = CampaignState.DRAFT if state == "draft" else CampaignState.OVER
    assert campaign_state(campaign, webinars=[over], is_full=False, now=NOW) == overs
    fulls = CampaignState.FULL if state == "open" else state
    assert campaign_state(campaign, webinars=[webinar], is_full=True, now=NOW) == fulls


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"is_published": False}, "draft"),
        ({"opens_at": LATER}, "not_open"),
        ({"closes_at": NOW}, "closed"),
    ],
)
def test_nobody_new_enters_a_campaign_that_is_not_open(values: dict[str, Any], state: str) -> None:
    campaign = CampaignFactory(**values)

    with pytest.raises(CannotEnter) as refused:
        enter(campaign)

    assert refused.value.state == state
    assert not CampaignEntry.objects.exists()


def test_people_who_are_in_may_correct_their_answers_after_it_closed_or_filled_up() -> None:
    campaign = CampaignFactory(capacity=1)
    person = UserFactory()
    enter(campaign, person)
    with pytest.raises(CannotEnter) as refused:
        enter(campaign)
    campaign.closes_at = NOW
    campaign.save()

    again = enter(campaign, person, name="New name", now=LATER)

    assert refused.value.state == "full"
    assert (again.created, CampaignEntry.objects.get().name) == (False, "New name")


def test_what_must_be_agreed_to_is_asked_in_its_newest_version() -> None:
    campaign = CampaignFactory()
    text = ConsentTextFactory(client=campaign.client)
    old, new = ConsentVersionFactory(text=text), ConsentVersionFactory(text=text, number=2)
    person = UserFactory()

    with pytest.raises(ConsentMissing) as refused:
        enter(campaign, person, consents={old.pk: True})
    enter(campaign, person, consents={new.pk: True})
    enter(campaign, person, consents={new.pk: True}, now=LATER)

    assert refused.value.versions == [new]
    given = ConsentGiven.objects.get()
    assert (given.version_id, given.user_id, given.campaign_id, given.webinar_id) == (
        new.pk,
        person.pk,
        campaign.pk,
        None,
    )
    assert (given.is_given, given.at, given.client_id) == (True, NOW, campaign.client_id)


def test_whose_texts_are_asked() -> None:
    campaign = CampaignFactory()
    client = campaign.client
    everywhere = ConsentVersionFactory(text=ConsentTextFactory(client=client), is_required=False)
    here = ConsentVersionFactory(text=ConsentTextFactory(client=client, campaign=campaign))
    ConsentVersionFactory(text=ConsentTextFactory(client=client, campaign=CampaignFactory(client=client)))
    ConsentVersionFactory(text=ConsentTextFactory(client=client, is_asked=False))
    ConsentVersionFactory(text=ConsentTextFactory(client=ClientFactory(agency=client.agency)))
    ConsentTextFactory(client=client)  # says nothing yet

    assert asked_consents(client.pk, campaign_id=campaign.pk) == [here, everywhere]
    assert asked_consents(client.pk) == [everywhere]


def test_consents_of_another_client_are_not_kept() -> None:
    campaign = CampaignFactory()
    foreign = ConsentVersionFactory()

    enter(campaign, consents={foreign.pk: True})

    assert not ConsentGiven.objects.exists()


@pytest.mark.parametrize("factory", [AgencyMemberFactory, ClientMemberFactory])
def test_members_do_not_enter(factory: Any) -> None:
    campaign = CampaignFactory()
    tenant = {"agency": campaign.agency} if factory is AgencyMemberFactory else {"client": campaign.client}

    with pytest.raises(IsMember):
        enter(campaign, factory(role="viewer", **tenant).user)


def test_an_account_without_a_name_gets_the_one_that_was_given() -> None:
    campaign = CampaignFactory()
    nameless, named = UserFactory(display_name=""), UserFactory(display_name="Minsu")

    enter(campaign, nameless)
    enter(campaign, named)

    assert User.objects.get(pk=nameless.pk).display_name == "Han Jiwon"
    assert User.objects.get(pk=named.pk).display_name == "Minsu"


def test_an_address_that_changed_hands_belongs_to_whoever_has_it_now() -> None:
    campaign = CampaignFactory()
    first = UserFactory(email="desk@example.com")
    enter(campaign, first)
    User.objects.filter(pk=first.pk).update(email="moved@example.com")
    second = UserFactory(email="desk@example.com")

    enter(campaign, second)

    held = CampaignEntry.objects.values_list("user_id", "email")
    assert set(held) == {(first.pk, "moved@example.com"), (second.pk, "desk@example.com")}


def test_an_address_of_somebody_else_is_refused() -> None:
    campaign = CampaignFactory()
    first = UserFactory()
    enter(campaign, first)

    with pytest.raises(AddressTaken):
        enter(campaign, UserFactory(), email=first.email)


def test_attaching_a_webinar_registers_everybody_who_entered() -> None:
    campaign = CampaignFactory()
    webinar = webinar_of(campaign)
    new = CampaignEntryFactory(campaign=campaign, source="letter")
    known = RegistrationFactory(
        webinar=webinar, user=CampaignEntryFactory(campaign=campaign).user, source="before", banned_at=NOW
    )
    CampaignEntryFactory(campaign=campaign, user=UserFactory(is_active=False))
    CampaignEntryFactory(campaign=campaign, user=UserFactory(is_superuser=True))
    CampaignEntryFactory(campaign=campaign, user=AgencyMemberFactory(agency=campaign.agency).user)
    CampaignEntryFactory(campaign=campaign, user=ClientMemberFactory(client=campaign.client).user)
    CampaignEntryFactory()

    made = register_entrants(webinar, now=NOW)
    again = register_entrants(webinar, now=NOW)

    rows = Registration.objects.filter(webinar=webinar).values_list("user_id", "source", "banned_at")
    assert (made, again) == (1, 0)
    assert set(rows) == {(new.user_id, "letter", None), (known.user_id, "before", NOW)}


@pytest.mark.parametrize("how", ["ended", "without a campaign"])
def test_attaching_to_what_is_over_registers_nobody(how: str) -> None:
    campaign = CampaignFactory()
    CampaignEntryFactory(campaign=campaign)
    webinar = webinar_of(campaign, state="ended" if how == "ended" else "scheduled")
    if how == "without a campaign":
        Webinar.objects.update(registration_campaign=None)

    assert register_entrants(webinar, now=NOW) == 0
    assert not Registration.objects.exists()


def test_proof_is_needed_unless_no_webinar_asks_for_it() -> None:
    by_address = {"access_policy": "name_email_auth"}
    asks = WebinarFactory.build(verify_email=True, **by_address)
    takes = WebinarFactory.build(verify_email=False, **by_address)
    signs_in = WebinarFactory.build(verify_email=False, access_policy="auth")
    over = WebinarFactory.build(verify_email=True, state="ended", webinar_actual_end_time=NOW)
    now = takes.webinar_start_time

    assert needs_proof([], now)
    assert needs_proof([asks, takes], now)
    assert needs_proof([signs_in, takes], now)
    assert needs_proof([over], now)
    assert not needs_proof([takes, over], now)


def test_whose_address_it_is() -> None:
    from allauth.account.models import EmailAddress

    person = UserFactory(email="Kim@Example.com")
    EmailAddress.objects.create(user=person, email="second@example.com", verified=True)
    EmailAddress.objects.create(user=person, email="claimed@example.com", verified=False)

    assert owns_address(person, " kim@example.COM ")
    assert owns_address(person, "Second@example.com")
    assert not owns_address(person, "claimed@example.com")
    assert not owns_address(person, "other@example.com")
