"""The public page of a registration campaign: its states, its form, and the way by code (spec 3, 12)."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override

from webinars.models import Campaign, CampaignEntry, ConsentGiven, Registration, User, Webinar
from webinars.tests.factories import (
    CampaignEntryFactory,
    CampaignFactory,
    CampaignQuestionFactory,
    ClientMemberFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
URL, FINISH = "/campaigns/spring/", "/campaigns/spring/finish/"
HAN = {"email": "han@example.com", "name": "Han Jiwon"}


@pytest.fixture
def campaign() -> Campaign:
    campaign: Campaign = CampaignFactory(slug="spring", title="Spring series")
    return campaign


def webinar_of(campaign: Campaign, **values: Any) -> Webinar:
    start = timezone.now() + timedelta(days=7)
    values = {"state": "scheduled", "access_policy": "name_email_auth", "webinar_start_time": start, **values}
    webinar: Webinar = WebinarFactory(client=campaign.client, registration_campaign=campaign, **values)
    return webinar


def code_in(mail: EmailMessage) -> str:
    (code,) = re.findall(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", mail.body, re.MULTILINE)
    return str(code)


def prove(client: Client, mail: EmailMessage) -> Any:
    """Type the emailed code where the form led, and go on to where that leads."""
    return client.post("/accounts/login/code/confirm/", {"code": code_in(mail), "next": FINISH}, follow=True)


def sign_in(client: Client, person: User) -> User:
    client.force_login(person, backend=BACKEND)
    return person


def test_the_whole_way_by_code(client: Client, campaign: Campaign, mailoutbox: list[EmailMessage]) -> None:
    first, second = webinar_of(campaign), webinar_of(campaign)
    client.get(URL)

    asked = client.post(f"{URL}?source=letter", HAN)
    stored_before_proof = CampaignEntry.objects.exists()
    page = prove(client, mailoutbox[0])

    entry = CampaignEntry.objects.get()
    assert asked.status_code == 302
    assert not stored_before_proof
    assert page.redirect_chain[-1][0] == URL
    assert (entry.email, entry.name, entry.source) == ("han@example.com", "Han Jiwon", "letter")
    assert entry.proven_at is not None
    assert (entry.user.email, entry.user.display_name) == ("han@example.com", "Han Jiwon")
    registered = Registration.objects.values_list("webinar_id", "user_id")
    assert set(registered) == {(first.pk, entry.user_id), (second.pk, entry.user_id)}
    assert page.context["entered"]
    assert f"/webinars/{first.slug}/calendar.ics" in page.text


def test_a_known_address_and_an_unknown_one_are_answered_alike(campaign: Campaign) -> None:
    webinar_of(campaign)
    known = UserFactory(email="known@example.com")
    CampaignEntryFactory(campaign=campaign, user=known)
    answers = []

    for email in ("known@example.com", "unknown@example.com"):
        asked = Client().post(URL, {**HAN, "email": email})
        answers.append((asked.status_code, asked.url, sorted(asked.cookies)))  # type: ignore[attr-defined]

    assert answers[0] == answers[1]


def test_signed_in_people_need_no_code_for_their_own_address(
    client: Client, campaign: Campaign, mailoutbox: list[EmailMessage]
) -> None:
    webinar_of(campaign)
    person = sign_in(client, UserFactory(email="Han@Example.com", display_name="Jiwon"))

    form = client.get(URL).context["form"]
    page = client.post(URL, {**HAN, "name": "Han"}, follow=True)

    assert (form["email"].value(), form["name"].value()) == ("Han@Example.com", "Jiwon")
    assert not mailoutbox
    assert CampaignEntry.objects.values_list("user_id", "email", "name").get() == (person.pk, "han@example.com", "Han")
    assert page.context["entered"]


def test_an_address_is_the_same_however_its_domain_is_written(client: Client, campaign: Campaign) -> None:
    person = sign_in(client, UserFactory(email="han@예시.kr"))

    client.post(URL, {**HAN, "email": " Han@예시.KR"})

    assert CampaignEntry.objects.values_list("user_id", "email").get() == (person.pk, "han@예시.kr")


def test_somebody_signed_in_chooses_to_become_the_owner_of_another_address(
    client: Client, campaign: Campaign, mailoutbox: list[EmailMessage]
) -> None:
    webinar_of(campaign)
    other = sign_in(client, UserFactory(email="other@example.com"))

    explained = client.post(URL, HAN)
    mails_before = len(mailoutbox)
    client.post(URL, {**HAN, "switch": "1"})
    prove(client, mailoutbox[0])

    assert explained.context["offers_switch"]
    assert explained.context["form"]["name"].value() == "Han Jiwon"
    assert mails_before == 0
    entry = CampaignEntry.objects.get()
    assert (entry.email, entry.user.email) == ("han@example.com", "han@example.com")
    assert entry.user_id != other.pk


def test_a_form_for_an_address_that_was_not_proven_is_nobodys(
    client: Client, campaign: Campaign, mailoutbox: list[EmailMessage]
) -> None:
    """Whoever signs in otherwise while the form waits does not get it as theirs, nor under the typed address."""
    webinar_of(campaign)
    client.post(URL, HAN)
    sign_in(client, UserFactory(email="other@example.com"))

    page = client.get(FINISH, follow=True)

    assert not CampaignEntry.objects.exists()
    assert not page.context["form"]["name"].value().startswith("Han")


def test_without_a_form_the_finish_leads_to_the_page(client: Client, campaign: Campaign) -> None:
    assert client.get(FINISH).url == URL  # type: ignore[attr-defined]
    sign_in(client, UserFactory())
    assert client.get(FINISH).url == URL  # type: ignore[attr-defined]
    assert not CampaignEntry.objects.exists()


def test_a_form_is_not_kept_for_long(
    client: Client, campaign: Campaign, mailoutbox: list[EmailMessage], time_machine: Any
) -> None:
    webinar_of(campaign)
    client.post(URL, HAN)
    sign_in(client, UserFactory(email="han@example.com") if not User.objects.exists() else User.objects.get())

    time_machine.move_to(timezone.now() + timedelta(minutes=31))
    client.get(FINISH)

    assert not CampaignEntry.objects.exists()


def test_what_was_typed_is_there_again_when_the_code_was_not(client: Client, campaign: Campaign) -> None:
    question = CampaignQuestionFactory(campaign=campaign)
    client.post(URL, {**HAN, f"answer_{question.pk.hex}": "Nurse"})

    form = client.get(URL).context["form"]

    assert [field.value() for field in form.said_fields] == ["han@example.com", "Han Jiwon", "Nurse"]


def test_registered_people_see_so_and_may_change_their_answers(client: Client, campaign: Campaign) -> None:
    webinar_of(campaign)
    question = CampaignQuestionFactory(campaign=campaign)
    name = f"answer_{question.pk.hex}"
    sign_in(client, UserFactory(email="han@example.com"))
    client.post(URL, {**HAN, name: "Nurse"})

    entered = client.get(URL)
    form = client.get(f"{URL}?change=1").context["form"]
    client.post(URL, {**HAN, name: ""})

    assert entered.context["entered"]
    assert form[name].value() == "Nurse"
    assert CampaignEntry.objects.get().answers == []


def test_what_was_chosen_is_shown_as_text_where_a_text_is_asked_now(client: Client, campaign: Campaign) -> None:
    question = CampaignQuestionFactory(campaign=campaign, kind="short")
    said = {"question": str(question.pk), "label": question.label, "answer": ["Red", "Blue"]}
    person = sign_in(client, UserFactory(email=HAN["email"]))
    CampaignEntryFactory(campaign=campaign, user=person, answers=[said])

    form = client.get(f"{URL}?change=1").context["form"]

    assert form[f"answer_{question.pk.hex}"].value() == "Red, Blue"


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(client: Client, campaign: Campaign) -> None:
    campaign.phone = "required"
    campaign.save()
    required = CampaignQuestionFactory(campaign=campaign, is_required=True)
    choice = CampaignQuestionFactory(campaign=campaign, kind="single", choices=["Red", "Blue"])
    box = ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client))
    names = {key: f"answer_{key.pk.hex}" for key in (required, choice)}

    page = client.post(URL, {"email": "han", "name": "Han", "phone": "12", names[choice]: "Green"})

    assert page.status_code == 200
    form = page.context["form"]
    assert set(form.errors) == {"email", "phone", names[required], names[choice], f"consent_{box.pk.hex}"}
    assert [form[name].value() for name in ("email", "name", "phone")] == ["han", "Han", "12"]
    assert page.text.count("autofocus") == 1
    assert not CampaignEntry.objects.exists()


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"opens_at": timezone.now() + timedelta(days=300)}, "not_open"),
        ({"closes_at": timezone.now() - timedelta(days=300)}, "closed"),
        ({"capacity": 1}, "full"),
    ],
)
def test_a_campaign_that_takes_nobody_says_why(
    client: Client, campaign: Campaign, values: dict[str, Any], state: str
) -> None:
    CampaignEntryFactory(campaign=campaign)
    Campaign.objects.update(**values)
    sign_in(client, UserFactory(email="han@example.com"))

    page = client.get(URL)
    sent = client.post(URL, HAN)

    assert (page.context["state"], page.context["form"]) == (state, None)
    assert (sent.status_code, sent.context["state"]) == (200, state)
    assert CampaignEntry.objects.count() == 1


def test_a_campaign_whose_webinars_are_over_says_so(client: Client, campaign: Campaign) -> None:
    webinar_of(campaign, state="ended", webinar_start_time=timezone.now() - timedelta(days=1))

    assert client.get(URL).context["state"] == "over"


def test_a_draft_is_for_members(client: Client, campaign: Campaign) -> None:
    campaign.is_published = False
    campaign.save()
    anonymous = client.get(URL), client.post(URL, HAN), client.get(FINISH)
    sign_in(client, ClientMemberFactory().user)
    rival = client.get(URL)
    sign_in(client, ClientMemberFactory(client=campaign.client, role="viewer").user)
    member = client.get(URL)

    assert [page.status_code for page in (*anonymous, rival, member)] == [404, 404, 404, 404, 200]
    assert member.context["form"] is not None


def test_members_send_nothing(client: Client, campaign: Campaign) -> None:
    member = sign_in(client, ClientMemberFactory(client=campaign.client).user)

    page = client.post(URL, {"email": member.email, "name": "Member"})

    assert page.context["form"].non_field_errors()
    assert not CampaignEntry.objects.exists()


def test_drafts_among_the_webinars_are_shown_to_members_only(client: Client, campaign: Campaign) -> None:
    shown, draft = webinar_of(campaign), webinar_of(campaign, state="draft")

    everybody = client.get(URL).context["webinars"]
    sign_in(client, ClientMemberFactory(client=campaign.client).user)
    members = client.get(URL).context["webinars"]

    assert everybody == [shown]
    assert set(members) == {shown, draft}


def test_a_new_version_of_a_consent_text_is_asked_before_anything_is_stored(
    client: Client, campaign: Campaign, mailoutbox: list[EmailMessage]
) -> None:
    webinar_of(campaign)
    text = ConsentTextFactory(client=campaign.client)
    old = ConsentVersionFactory(text=text)
    client.post(URL, {**HAN, f"consent_{old.pk.hex}": "on"})
    new = ConsentVersionFactory(text=text, number=2)

    page = prove(client, mailoutbox[0])
    stored_early = CampaignEntry.objects.exists()
    client.post(URL, {**HAN, f"consent_{new.pk.hex}": "on"})

    assert not stored_early
    assert page.context["form"]["name"].value() == "Han Jiwon"
    assert ConsentGiven.objects.values_list("version_id", "is_given").get() == (new.pk, True)


def test_nothing_is_kept_of_a_consent_that_was_not_on_the_page(client: Client, campaign: Campaign) -> None:
    """Published while the form was open: whoever did not see it did not refuse it."""
    webinar_of(campaign)
    sign_in(client, UserFactory(email=HAN["email"]))
    news = ConsentTextFactory(client=campaign.client)
    old = ConsentVersionFactory(text=news, is_required=False)
    seen = re.findall(r'name="consents_shown" value="(\w+)"', client.get(URL).text)
    new = ConsentVersionFactory(text=news, number=2, is_required=False)

    client.post(URL, {**HAN, "consents_shown": seen})
    unseen = list(ConsentGiven.objects.values_list("version_id", flat=True))
    client.post(URL, {**HAN, "consents_shown": new.pk.hex})

    assert seen == [old.pk.hex]
    assert unseen == []
    assert ConsentGiven.objects.values_list("version_id", "is_given").get() == (new.pk, False)


class TestWithoutProof:
    @pytest.fixture
    def webinars(self, campaign: Campaign) -> list[Webinar]:
        return [webinar_of(campaign, verify_email=False) for _ in range(2)]

    def test_typing_the_address_is_enough(
        self, client: Client, campaign: Campaign, webinars: list[Webinar], mailoutbox: list[EmailMessage]
    ) -> None:
        page = client.post(URL, HAN, follow=True)

        entry = CampaignEntry.objects.get()
        assert (entry.email, entry.proven_at, mailoutbox) == ("han@example.com", None, [])
        assert page.context["entered"]
        assert "_auth_user_id" not in client.session
        assert client.session["unproven"] == {str(webinar.pk): str(entry.user_id) for webinar in webinars}
        assert Registration.objects.filter(user=entry.user).count() == 2

    def test_a_known_entry_is_not_told_of_nor_changed(
        self, client: Client, campaign: Campaign, webinars: list[Webinar]
    ) -> None:
        person = UserFactory(email="han@example.com", display_name="Owner")
        person.set_unusable_password()
        person.save()
        CampaignEntryFactory(campaign=campaign, user=person, phone="010-1234-5678", proven_at=timezone.now())

        page = client.post(URL, {**HAN, "name": "Thief"}, follow=True)
        change = client.get(f"{URL}?change=1")

        assert CampaignEntry.objects.values_list("name", "phone").get() == ("Owner", "010-1234-5678")
        assert "010-1234-5678" not in page.text + change.text
        assert not list(page.context["messages"])

    @pytest.mark.parametrize("why", ["password", "member", "presenter", "one webinar asks"])
    def test_some_prove_their_address_all_the_same(
        self, client: Client, campaign: Campaign, webinars: list[Webinar], mailoutbox: list[EmailMessage], why: str
    ) -> None:
        person = UserFactory(email="han@example.com", password="a-password" if why == "password" else None)
        if why != "password":
            person.set_unusable_password()
            person.save()
        if why == "member":
            ClientMemberFactory(user=person)
        if why == "presenter":
            RegistrationFactory(webinar=webinars[1], user=person, role="presenter")
        if why == "one webinar asks":
            webinar_of(campaign)

        client.post(URL, HAN)

        assert [mail.to for mail in mailoutbox] == [["han@example.com"]]
        assert not CampaignEntry.objects.exists()
        assert "unproven" not in client.session

    def test_a_script_is_slowed_down(
        self, client: Client, campaign: Campaign, webinars: list[Webinar], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("webinars.campaign_pages.FORMS_PER_PLACE", 2)

        statuses = [Client().post(URL, {**HAN, "email": f"p{n}@example.com"}).status_code for n in range(3)]

        assert statuses == [302, 302, 429]
        assert CampaignEntry.objects.count() == 2


@pytest.mark.parametrize("field", ["email", "name", "phone", "text", "choice", "choices"])
@pytest.mark.parametrize("value", ["\x00", "a\x00b", "x" * 1_000_000, "\ud800", "\u200b", "<script>alert(1)</script>"])
def test_hostile_texts_are_refused_or_shown_as_text(
    client: Client, campaign: Campaign, field: str, value: str
) -> None:
    campaign.phone = "optional"
    campaign.save()
    questions = {
        "text": CampaignQuestionFactory(campaign=campaign),
        "choice": CampaignQuestionFactory(campaign=campaign, kind="single", choices=["Red", "Blue"]),
        "choices": CampaignQuestionFactory(campaign=campaign, kind="multiple", choices=["Red", "Blue"]),
    }
    name = f"answer_{questions[field].pk.hex}" if field in questions else field
    body = {**HAN, name: value.encode("utf-8", "surrogatepass")}
    sign_in(client, UserFactory(email="han@example.com"))

    page = client.post(URL, urlencode(body), content_type="application/x-www-form-urlencoded")

    harmless = field in ("name", "text") and value.startswith(("<", "\ud800"))
    assert page.status_code == (302 if harmless else 200)
    assert CampaignEntry.objects.exists() == harmless
    assert b"<script>alert" not in client.get(f"{URL}?change=1").content + page.content


def test_keys_sent_twice_and_choices_nobody_offered(client: Client, campaign: Campaign) -> None:
    question = CampaignQuestionFactory(campaign=campaign, kind="multiple", choices=["Red", "Blue", "Green"])
    name = f"answer_{question.pk.hex}"
    sign_in(client, UserFactory(email="han@example.com"))

    refused = client.post(URL, {**HAN, name: ["Red", "Black"]})
    client.post(URL, {**HAN, "name": ["First", "Last"], name: ["Green", "Red", "Green"]})

    assert name in refused.context["form"].errors
    entry = CampaignEntry.objects.get()
    assert entry.name == "Last"
    assert [answer["answer"] for answer in entry.answers] == [["Red", "Green"]]


def test_labels_of_organizers_are_text(client: Client, campaign: Campaign) -> None:
    evil = "<img src=x onerror=alert(1)>"
    CampaignQuestionFactory(campaign=campaign, label=evil)
    CampaignQuestionFactory(campaign=campaign, label="Colour", kind="single", choices=[evil, "Blue"])
    ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client), label=evil, body=evil)
    campaign.description = evil
    campaign.save()

    page = client.get(URL)

    assert "<img src=x" not in page.text
    assert page.text.count("&lt;img src=x") >= 5


@pytest.mark.parametrize("ref", ["nothing", "%00", "0" * 300, "00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_is_404(client: Client, ref: str) -> None:
    assert client.get(f"/campaigns/{ref}/").status_code == 404
    assert client.get(f"/campaigns/{ref}/finish/").status_code == 404


def test_a_source_of_any_length_and_kind_is_kept_short(client: Client, campaign: Campaign) -> None:
    sign_in(client, UserFactory(email="han@example.com"))

    client.post(f"{URL}?source={'x' * 500}%00", HAN)

    assert CampaignEntry.objects.get().source == "x" * 100


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_webinar_as_for_three(
    client: Client, campaign: Campaign, django_assert_num_queries: Any, count: int
) -> None:
    for _ in range(count):
        webinar_of(campaign)
        CampaignQuestionFactory(campaign=campaign)
        ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client))

    with django_assert_num_queries(4):  # campaign, webinars, questions, consents
        client.get(URL)


def test_the_page_speaks_the_visitors_language(client: Client, campaign: Campaign) -> None:
    with override("ko"):
        words = gettext("Register")

    assert words in client.get(URL, headers={"Accept-Language": "ko"}).text
