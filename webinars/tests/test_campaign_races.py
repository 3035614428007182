"""Several people, or the same one twice, at one campaign at the same instant (spec 3, 12)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from webinars.models import CampaignEntry, Registration, User
from webinars.services.campaigns import AddressTaken, CannotEnter, Submission, enter_campaign, register_entrants
from webinars.tests.at_once import Team
from webinars.tests.factories import CampaignEntryFactory, CampaignFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 6


@pytest.fixture
def team() -> Iterator[Team]:
    team = Team(SIZE)
    yield team
    team.close()


def entering(campaign: Any, user: User, **values: Any) -> Any:
    sent = Submission(**{"email": user.email, "name": "Han", "is_proven": True, **values})

    def act() -> str:
        try:
            entered = enter_campaign(campaign=campaign, user=user, submission=sent, now=timezone.now())
        except CannotEnter as refused:
            return refused.state.value
        except AddressTaken:
            return "taken"
        return "new" if entered.created else "again"

    return act


def test_the_last_places_go_to_no_more_people_than_there_are(team: Team) -> None:
    campaign = CampaignFactory(capacity=3)
    WebinarFactory(client=campaign.client, registration_campaign=campaign)
    CampaignEntryFactory(campaign=campaign)

    outcomes = team.at_once(*(entering(campaign, UserFactory()) for _ in range(SIZE)))

    assert sorted(outcomes) == ["full"] * 4 + ["new"] * 2
    assert CampaignEntry.objects.filter(campaign=campaign).count() == 3
    assert Registration.objects.count() == 2


@pytest.mark.parametrize("capacity", [None, 1])
def test_the_same_person_in_several_tabs_is_one_entry(team: Team, capacity: int | None) -> None:
    campaign = CampaignFactory(capacity=capacity)
    webinars = [WebinarFactory(client=campaign.client, registration_campaign=campaign) for _ in range(2)]
    person = UserFactory()

    outcomes = team.at_once(*(entering(campaign, person, name=f"Tab {n}") for n in range(SIZE)))

    assert sorted(outcomes) == ["again"] * (SIZE - 1) + ["new"]
    assert CampaignEntry.objects.filter(campaign=campaign, user=person).count() == 1
    assert Registration.objects.filter(user=person).count() == len(webinars)


def test_two_people_with_one_address_make_one_entry_and_no_error(team: Team) -> None:
    campaign = CampaignFactory()
    people = UserFactory.create_batch(2)
    email = people[0].email

    outcomes = team.at_once(*(entering(campaign, person, email=email) for person in people))

    assert outcomes[0] == "new" or outcomes == ["taken", "new"]
    assert CampaignEntry.objects.filter(campaign=campaign, email=email).count() == 1


def test_entering_while_a_webinar_is_attached_registers_everybody_once(team: Team) -> None:
    campaign = CampaignFactory()
    webinar = WebinarFactory(client=campaign.client, registration_campaign=campaign)
    CampaignEntryFactory.create_batch(3, campaign=campaign)
    newcomers = UserFactory.create_batch(3)

    team.at_once(
        lambda: register_entrants(webinar, now=timezone.now()),
        lambda: register_entrants(webinar, now=timezone.now()),
        *(entering(campaign, person) for person in newcomers),
    )

    assert Registration.objects.filter(webinar=webinar).count() == 6
