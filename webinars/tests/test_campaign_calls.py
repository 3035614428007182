"""Registration campaigns through the API (spec 12, 17)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from webinars.models import Campaign, CampaignEntry, ConsentGiven, Registration, User, Webinar
from webinars.tests.factories import (
    CampaignEntryFactory,
    CampaignFactory,
    CampaignQuestionFactory,
    ClientMemberFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
URL = "/api/campaigns/spring"


@pytest.fixture
def campaign() -> Campaign:
    campaign: Campaign = CampaignFactory(slug="spring", phone="optional")
    return campaign


@pytest.fixture
def webinar(campaign: Campaign) -> Webinar:
    start = timezone.now() + timedelta(days=7)
    webinar: Webinar = WebinarFactory(
        client=campaign.client, registration_campaign=campaign, state="scheduled", webinar_start_time=start
    )
    return webinar


@pytest.fixture
def person(client: Client) -> User:
    person: User = UserFactory(email="han@example.com")
    client.force_login(person, backend=BACKEND)
    return person


def post(client: Client, body: Any, **options: Any) -> Any:
    return client.post(f"{URL}/entries", body, content_type="application/json", **options)


def test_entering_is_201_first_and_200_after(
    client: Client, campaign: Campaign, webinar: Webinar, person: User
) -> None:
    job, topics = (
        CampaignQuestionFactory(campaign=campaign),
        CampaignQuestionFactory(campaign=campaign, kind="multiple", choices=["Red", "Blue"]),
    )
    box = ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client))
    body = {
        "name": "Han Jiwon",
        "phone": "01012345678",
        "answers": {str(job.pk): "Nurse", str(topics.pk): ["Blue", "Red"]},
        "consents": {str(box.pk): True},
        "source": "letter",
    }

    first, second = post(client, body), post(client, body)

    assert (first.status_code, second.status_code) == (201, 200)
    data = first.json()["data"]
    assert (data["name"], [found["slug"] for found in data["webinars"]]) == ("Han Jiwon", [webinar.slug])
    entry = CampaignEntry.objects.get()
    assert (entry.user_id, entry.email, entry.phone, entry.source) == (
        person.pk,
        "han@example.com",
        "010-1234-5678",
        "letter",
    )
    assert [said["answer"] for said in entry.answers] == ["Nurse", ["Red", "Blue"]]
    assert entry.proven_at is not None
    assert ConsentGiven.objects.count() == 1
    assert Registration.objects.filter(webinar=webinar, user=person).count() == 1


def test_a_consent_that_is_left_out_was_not_refused(client: Client, campaign: Campaign, person: User) -> None:
    news = ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client), is_required=False)
    answers = []

    for consents in ({}, {str(news.pk): True}, {}, {str(news.pk): False}):
        post(client, {"name": "Han", "consents": consents})
        answers.append(list(ConsentGiven.objects.order_by("pk").values_list("is_given", flat=True)))

    assert answers == [[], [True], [True], [True, False]]


def test_who_may_not_register_in_the_webinar_is_told_of_its_campaign(
    client: Client, campaign: Campaign, webinar: Webinar, person: User
) -> None:
    Webinar.objects.update(access_policy="name_email_auth")

    def refusal() -> dict[str, Any]:
        found = client.post(f"/api/webinars/{webinar.slug}/registrations", {}, content_type="application/json")
        assert found.status_code == 403
        return {name: found.json().get(name) for name in ("code", "campaignPath")}

    published = refusal()
    Campaign.objects.update(is_published=False)
    draft = refusal()
    Campaign.objects.update(is_published=True)
    post(client, {"name": "Han"})
    entered = client.post(f"/api/webinars/{webinar.slug}/registrations", {}, content_type="application/json")

    assert published == {"code": "campaign_required", "campaignPath": "/campaigns/spring/"}
    assert draft == {"code": "not_registered", "campaignPath": None}
    assert entered.status_code == 200


def test_what_is_left_out_stays_and_what_is_empty_is_emptied(client: Client, campaign: Campaign, person: User) -> None:
    job, city = CampaignQuestionFactory(campaign=campaign), CampaignQuestionFactory(campaign=campaign)
    post(client, {"name": "Han", "phone": "01012345678", "answers": {str(job.pk): "Nurse", str(city.pk): "Seoul"}})

    post(client, {"name": "Han", "answers": {str(city.pk): ""}})

    entry = CampaignEntry.objects.get()
    assert (entry.phone, [said["answer"] for said in entry.answers]) == ("010-1234-5678", ["Nurse"])


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"is_published": False}, 404, "not_found"),
        ({"opens_at": timezone.now() + timedelta(days=300)}, 403, "campaign_not_open"),
        ({"closes_at": timezone.now() - timedelta(days=300)}, 410, "campaign_closed"),
        ({"capacity": 1}, 403, "campaign_full"),
    ],
)
def test_a_campaign_that_takes_nobody(
    client: Client, campaign: Campaign, person: User, values: dict[str, Any], status: int, code: str
) -> None:
    CampaignEntryFactory(campaign=campaign)
    Campaign.objects.update(**values)

    answer = post(client, {"name": "Han"})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert CampaignEntry.objects.count() == 1


def test_strangers_sign_in_first_and_members_do_not_enter(client: Client, campaign: Campaign) -> None:
    anonymous = post(client, {"name": "Han"})
    client.force_login(ClientMemberFactory(client=campaign.client).user, backend=BACKEND)
    member = post(client, {"name": "Han"})

    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "invalid_pass")
    assert (member.status_code, member.json()["code"]) == (403, "is_member")


def test_entering_takes_the_csrf_token(campaign: Campaign) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(UserFactory(), backend=BACKEND)

    assert post(browser, {"name": "Han"}).status_code == 403
    assert not CampaignEntry.objects.exists()


def test_what_is_wrong_is_said_by_field(client: Client, campaign: Campaign, person: User) -> None:
    needed = CampaignQuestionFactory(campaign=campaign, is_required=True)
    choice = CampaignQuestionFactory(campaign=campaign, kind="single", choices=["Red", "Blue"])
    box = ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client))

    answer = post(client, {"name": "Han", "phone": "12", "answers": {str(choice.pk): "Green"}})

    fields = answer.json()["fields"]
    assert answer.status_code == 400
    assert set(fields) == {"phone", "answers", "consents"}
    assert set(fields["answers"]) == {str(needed.pk), str(choice.pk)}
    assert set(fields["consents"]) == {str(box.pk)}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"name": ""},
        {"name": 5.5, "answers": []},
        {"name": "x" * 101},
        {"name": "\x00"},
        {"name": "\u200b"},
        {"name": "Han", "phone": "x" * 1_000_000},
        {"name": "Han", "phone": {}},
        {"name": "Han", "answers": {"nothing": "x"}},
        {"name": "Han", "answers": {"\ud800": "x"}},
        {"name": "Han", "answers": {"QUESTION": 5}},
        {"name": "Han", "answers": {"QUESTION": None}},
        {"name": "Han", "answers": {"QUESTION": ["a"]}},
        {"name": "Han", "answers": {"QUESTION": "a\x00b"}},
        {"name": "Han", "answers": {"QUESTION": "\ud800"}},
        {"name": "Han", "answers": {"QUESTION": "x" * 1000}},
        {"name": "Han", "consents": {"nothing": True}},
        {"name": "Han", "consents": {"QUESTION": True}},
        {"name": "Han", "consents": "yes"},
        {"name": "Han", "source": "x" * 101},
    ],
)
def test_hostile_bodies_are_refused(client: Client, campaign: Campaign, person: User, body: Any) -> None:
    question = CampaignQuestionFactory(campaign=campaign)
    for part in ("answers", "consents"):
        if isinstance(body, dict) and "QUESTION" in body.get(part, ()):
            body = {**body, part: {str(question.pk): body[part]["QUESTION"]}}

    answer = post(client, body)

    assert answer.status_code == (413 if isinstance(body, dict) and len(body.get("phone", "")) > 1000 else 400)
    assert answer.json()["success"] is False
    assert not CampaignEntry.objects.exists()


def test_a_text_where_several_are_chosen_is_refused(client: Client, campaign: Campaign, person: User) -> None:
    asked = CampaignQuestionFactory(campaign=campaign, kind="multiple", choices=["Red", "Blue"])

    assert post(client, {"name": "Han", "answers": {str(asked.pk): "Red"}}).status_code == 400


def test_everybody_may_read_what_a_campaign_asks(client: Client, campaign: Campaign, webinar: Webinar) -> None:
    asked = CampaignQuestionFactory(campaign=campaign, kind="single", choices=["Red", "Blue"], is_required=True)
    box = ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client))
    WebinarFactory(client=campaign.client, registration_campaign=campaign, state="draft")

    data = client.get(URL).json()["data"]

    assert (data["title"], data["state"], data["phone"]) == (campaign.title, "open", "optional")
    assert data["questions"] == [
        {
            "id": str(asked.pk),
            "label": asked.label,
            "kind": "single",
            "choices": ["Red", "Blue"],
            "required": True,
        }
    ]
    assert data["consents"] == [{"id": str(box.pk), "label": box.label, "body": box.body, "required": True}]
    assert [found["id"] for found in data["webinars"]] == [str(webinar.pk)]


def test_a_draft_is_read_by_members_only(client: Client, campaign: Campaign, person: User) -> None:
    Campaign.objects.update(is_published=False)

    stranger = client.get(URL)
    client.force_login(ClientMemberFactory(client=campaign.client, role="viewer").user, backend=BACKEND)
    member = client.get(URL)

    assert (stranger.status_code, member.status_code) == (404, 200)
    assert client.get("/api/campaigns/%00").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_entering_asks_the_database_as_often_for_one_webinar_as_for_three(
    client: Client, campaign: Campaign, person: User, django_assert_num_queries: Any, count: int
) -> None:
    for _ in range(count):
        WebinarFactory(client=campaign.client, registration_campaign=campaign)
        CampaignQuestionFactory(campaign=campaign)
    box = ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client))

    # 1. person 2. campaign 3. questions 4. consents; in a transaction (5, 24): 6. is it a member 7. webinars 8. the
    # entry so far 9. consents 10. who has the address 11. questions 12 to 15. the entry, in a savepoint 16 to 18. what
    # was agreed to 19 to 23. registrations, checked in a savepoint
    with django_assert_num_queries(24):
        answer = post(client, {"name": "Han", "consents": {str(box.pk): True}})

    assert answer.status_code == 201


def test_a_person_is_slowed_down(
    client: Client, campaign: Campaign, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webinars.services.entering.REGISTRATIONS", 2)

    answers = [post(client, {"name": "Han"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
