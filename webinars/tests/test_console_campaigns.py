"""Campaigns, their entries and consent texts in the console: whose they are, what is done there (spec 1, 12, 14)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from webinars.models import (
    AuditEntry,
    Campaign,
    CampaignEntry,
    CampaignQuestion,
    ConsentGiven,
    ConsentText,
    ConsentVersion,
    Registration,
    Webinar,
)
from webinars.services.consents import record_consents
from webinars.tests.console_forms import change
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import (
    CampaignEntryFactory,
    CampaignFactory,
    CampaignQuestionFactory,
    ClientFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db

OURS = {"owner", "admin", "operator", "analyst", "viewer", "client_operator", "superuser"}
MEMBERS = OURS | {"neighbour", "rival"}
RUNNERS = {"owner", "admin", "operator", "client_operator", "superuser"}
MANAGERS = {"owner", "admin", "superuser"}
# By model: who may open its list, our row, and change it.
LISTS = {
    "campaign": (MEMBERS, OURS, RUNNERS),
    "campaignentry": (MEMBERS - {"viewer"}, OURS - {"viewer"}, set()),
    "consenttext": (MANAGERS | {"rival"}, MANAGERS, MANAGERS),
}


def in_english():
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def campaign(webinar):
    return CampaignFactory(client=webinar.client, title="Spring series", slug="spring")


@pytest.fixture
def people(webinar, campaign):
    return people_around(webinar)


@pytest.fixture
def rows(campaign):
    text = ConsentTextFactory(client=campaign.client, name="Privacy of ours")
    ConsentVersionFactory(text=text)
    entry = CampaignEntryFactory(campaign=campaign, name="Kim of ours")
    return {"campaign": campaign, "campaignentry": entry, "consenttext": text}


def url(model, what="changelist", *args):
    return reverse(f"admin:webinars_{model}_{what}", args=args)


def table(allowed):
    return {part: 302 if part == "anonymous" else 200 if part in allowed else 404 for part in PARTS}


def answers(people, ask):
    return {part: ask(sign_in(in_english(), person)).status_code for part, person in people.items()}


@pytest.mark.parametrize("model", LISTS)
def test_who_opens_what(people, rows, model):
    listed, found, changed = LISTS[model]
    page, row = url(model), url(model, "change", rows[model].pk)

    assert answers(people, lambda browser: browser.get(page)) == table(listed)
    assert answers(people, lambda browser: browser.get(row)) == table(found)
    assert answers(people, lambda browser: browser.post(row, {"title": ""})) in (
        table(changed),
        {**table(changed), **dict.fromkeys(found - changed, 403)},
    )


@pytest.mark.parametrize("model", LISTS)
@pytest.mark.parametrize("part", ["neighbour", "rival"])
def test_lists_of_other_tenants_have_no_trace_of_ours(people, rows, model, part):
    browser = sign_in(in_english(), people[part])

    page = browser.get(url(model))

    assert "of ours" not in page.content.decode()
    assert "Spring series" not in page.content.decode()


def test_the_entries_of_a_campaign_that_is_not_theirs_do_not_exist(people, rows, campaign):
    asked = {part: {"campaign": str(campaign.pk)} for part in people}

    got = {
        part: sign_in(in_english(), people[part]).get(url("campaignentry"), asked[part]).status_code for part in PARTS
    }

    assert got == table(OURS - {"viewer"})


@pytest.mark.parametrize(
    "query",
    [{"campaign__id__exact": 1}, {"campaign__client": 1}, {"user__email__startswith": "a"}, {"campaign": "\x00"}],
)
def test_entries_are_narrowed_by_the_lists_own_filter_only(people, rows, query):
    page = sign_in(in_english(), people["analyst"]).get(url("campaignentry"), query)

    assert page.status_code in (302, 400, 404)
    assert page.status_code != 302 or page.url.endswith("e=1")


@pytest.mark.parametrize("part", PARTS)
def test_who_removes_entries(people, rows, campaign, part):
    entry = rows["campaignentry"]
    body = {"action": "remove", "_selected_action": entry.pk, "confirmed": "yes", "index": "0"}

    sign_in(in_english(), people[part]).post(f"{url('campaignentry')}?campaign={campaign.pk}", body)

    assert CampaignEntry.objects.filter(pk=entry.pk).exists() == (part not in RUNNERS)


def test_removing_an_entry_asks_first_and_ends_registrations_that_are_not_over(people, campaign):
    ahead = WebinarFactory(client=campaign.client, registration_campaign=campaign, access_policy="name_email_auth")
    over = WebinarFactory(
        client=campaign.client,
        registration_campaign=campaign,
        state="ended",
        webinar_start_time=timezone.now() - timedelta(days=1),
    )
    entry = CampaignEntryFactory(campaign=campaign, user=UserFactory(display_name="Han"))
    for webinar in (ahead, over):
        RegistrationFactory(webinar=webinar, user=entry.user)
    browser = sign_in(in_english(), people["operator"])
    body = {"action": "remove", "_selected_action": entry.pk, "index": "0"}

    asked = browser.post(url("campaignentry"), body)
    kept = CampaignEntry.objects.exists()
    browser.post(url("campaignentry"), {**body, "confirmed": "yes"})

    assert "Remove this entry" in asked.content.decode()
    assert kept
    assert not CampaignEntry.objects.exists()
    assert list(Registration.objects.filter(user=entry.user).values_list("webinar_id", flat=True)) == [over.pk]
    record = AuditEntry.objects.get(action="campaign.entry_removed")
    assert (record.actor_id, record.client_id, record.subject_id) == (
        people["operator"].pk,
        campaign.client_id,
        str(entry.user_id),
    )
    assert record.details == {"campaign_id": str(campaign.pk), "registrations": 1}


@pytest.mark.parametrize("values", [{"role": "presenter"}, {"banned_at": timezone.now()}])
def test_removing_an_entry_leaves_presenters_and_bans(people, campaign, values):
    webinar = WebinarFactory(client=campaign.client, registration_campaign=campaign)
    entry = CampaignEntryFactory(campaign=campaign)
    RegistrationFactory(webinar=webinar, user=entry.user, **values)

    body = {"action": "remove", "_selected_action": entry.pk, "index": "0", "confirmed": "yes"}
    sign_in(in_english(), people["operator"]).post(url("campaignentry"), body)

    assert not CampaignEntry.objects.exists()
    assert Registration.objects.filter(webinar=webinar, user=entry.user).exists()


def campaign_form(**values):
    moments = {f"{name}_{part}": "" for name in ("opens_at", "closes_at") for part in (0, 1)}
    formset = {f"questions-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    return {
        "title": "Autumn",
        "slug": "autumn",
        "time_zone": "Asia/Seoul",
        "phone": "not_asked",
        **moments,
        **formset,
        **values,
    }


def question(number, **values):
    values = {"position": number, "label": "Your job", "kind": "short", "choices": "", **values}
    return {f"questions-{number}-{name}": value for name, value in values.items()}


def test_a_campaign_is_made_with_its_times_in_its_zone_and_its_questions(people, campaign):
    browser = sign_in(in_english(), people["operator"])
    times = {"opens_at_0": "2026-12-01", "opens_at_1": "09:00", "closes_at_0": "2026-12-05", "closes_at_1": "18:30"}
    colours = question(1, label="Colour", kind="multiple", choices=" Red\nBlue \n\nRed\n", is_required="on")

    answer = browser.post(
        url("campaign", "add"),
        {
            **campaign_form(client=campaign.client_id, capacity=50, is_published="on", **times),
            **question(0),
            **colours,
            "questions-TOTAL_FORMS": 2,
            "questions-MAX_NUM_FORMS": 20,
        },
    )

    assert answer.status_code == 302
    made = Campaign.objects.get(slug="autumn")
    assert (made.opens_at.isoformat(), made.closes_at.isoformat()) == (
        "2026-12-01T00:00:00+00:00",
        "2026-12-05T09:30:00+00:00",
    )
    assert (made.agency_id, made.capacity, made.is_published) == (campaign.agency_id, 50, True)
    asked = made.questions.values_list("label", "kind", "choices", "is_required")
    assert list(asked) == [("Your job", "short", [], False), ("Colour", "multiple", ["Red", "Blue"], True)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"slug": "spring"}, "slug"),
        ({"slug": "00000000-0000-0000-0000-000000000000"}, "slug"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"title": ""}, "title"),
        (
            {"opens_at_0": "2026-12-05", "opens_at_1": "9:00", "closes_at_0": "2026-12-01", "closes_at_1": "9:00"},
            "closes_at",
        ),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(people, campaign, values, field):
    browser = sign_in(in_english(), people["operator"])

    page = browser.post(url("campaign", "add"), campaign_form(client=campaign.client_id, **values))

    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "single", "choices": "Only one"},
        {"kind": "multiple", "choices": ""},
        {"kind": "short", "choices": "A\nB"},
        {"kind": "single", "choices": "A\n" + "x" * 101},
        {"kind": "single", "choices": "\n".join(str(n) for n in range(31))},
        {"kind": "single", "choices": "A\nB\x00"},
    ],
)
def test_questions_that_cannot_be_asked(people, campaign, values):
    browser = sign_in(in_english(), people["operator"])
    form = {**campaign_form(client=campaign.client_id), **question(0, **values)}

    page = browser.post(url("campaign", "add"), {**form, "questions-TOTAL_FORMS": 1, "questions-MAX_NUM_FORMS": 20})

    assert page.status_code == 200
    assert not CampaignQuestion.objects.exists()


def test_a_campaign_is_made_for_ones_own_clients_only(people, campaign):
    browser = sign_in(in_english(), people["rival"])

    page = browser.post(url("campaign", "add"), campaign_form(client=campaign.client_id))

    assert "client" in page.context["adminform"].form.errors
    assert not Campaign.objects.filter(slug="autumn").exists()


def test_a_campaign_can_be_deleted_until_somebody_enters_or_a_webinar_hangs_on_it(people, campaign):
    browser = sign_in(in_english(), people["operator"])
    entry = CampaignEntryFactory(campaign=campaign)

    with_entries = browser.post(url("campaign", "delete", campaign.pk), {"post": "yes"})
    entry.delete()
    without = browser.post(url("campaign", "delete", campaign.pk), {"post": "yes"})

    assert (with_entries.status_code, without.status_code) == (404, 302)
    assert not Campaign.objects.filter(pk=campaign.pk).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_lists_cost_the_same_for_one_row_and_for_three(people, campaign, django_assert_max_num_queries, count):
    browser = sign_in(in_english(), people["superuser"])
    for number in range(count):
        made = CampaignFactory(client=campaign.client)
        CampaignEntryFactory(campaign=campaign, user=UserFactory(), name=f"Person {number}")
        ConsentVersionFactory(text=ConsentTextFactory(client=campaign.client, campaign=made))

    costs = []  # session, user, what is looked at (entries: their campaign and those offered), rows, how many
    for model in LISTS:
        with django_assert_max_num_queries(12) as queries:
            browser.get(url(model), {"campaign": campaign.slug} if model == "campaignentry" else {})
        costs.append(len(queries))

    assert costs == [5, 6, 5]


def test_the_page_of_a_campaign_says_what_there_is_to_know(people, campaign):
    ours = WebinarFactory(client=campaign.client, registration_campaign=campaign, title="First webinar")
    Campaign.objects.update(capacity=1)
    CampaignEntryFactory(campaign=campaign)

    page = sign_in(in_english(), people["viewer"]).get(url("campaign", "change", campaign.pk)).content.decode()
    analyst = sign_in(in_english(), people["analyst"]).get(url("campaign", "change", campaign.pk)).content.decode()

    assert ours.title in page
    assert "http://testserver/campaigns/spring/" in page
    assert "1 of 1 places" in page
    assert "campaignentry/?campaign=" not in page
    assert "campaignentry/?campaign=" in analyst


def test_looking_at_entries_is_on_record(people, rows, campaign):
    sign_in(in_english(), people["analyst"]).get(url("campaignentry"))

    record = AuditEntry.objects.get(action="personal.viewed")
    assert (record.actor_id, record.client_id, record.details) == (
        people["analyst"].pk,
        campaign.client_id,
        {"what": "campaign_entries"},
    )


def test_an_entry_is_shown_with_its_answers_and_consents(people, campaign, rows):
    asked = CampaignQuestionFactory(campaign=campaign, label="<b>Job</b>")
    version = ConsentVersion.objects.get()
    entry = rows["campaignentry"]
    entry.answers = [{"question": str(asked.pk), "label": asked.label, "answer": ["Red", "Blue"]}]
    entry.save()
    record_consents(user_id=entry.user_id, given={version.pk: True}, campaign=campaign, now=timezone.now())

    page = sign_in(in_english(), people["analyst"]).get(url("campaignentry", "change", entry.pk)).content.decode()

    assert "&lt;b&gt;Job&lt;/b&gt;" in page
    assert "Red, Blue" in page
    assert "Privacy of ours (version 1): agreed" in page


class TestConsentTexts:
    FORM = {
        "name": "Privacy",
        "is_asked": "on",
        "label": "I agree.",
        "body": "All of it.\r\nReally.",
        "is_required": "on",
    }

    def test_a_text_begins_with_version_one(self, people, campaign):
        browser = sign_in(in_english(), people["admin"])

        browser.post(url("consenttext", "add"), {**self.FORM, "client": campaign.client_id})

        version = ConsentVersion.objects.select_related("text").get()
        assert (version.text.name, version.text.client_id, version.text.agency_id) == (
            "Privacy",
            campaign.client_id,
            campaign.agency_id,
        )
        assert (version.number, version.label, version.body, version.is_required) == (
            1,
            "I agree.",
            "All of it.\nReally.",
            True,
        )
        published = AuditEntry.objects.get(action="consent.published")
        assert (published.actor_id, published.details) == (people["admin"].pk, {"version": 1, "is_required": True})

    @pytest.mark.parametrize(
        "changed", [{"label": "I agree now."}, {"body": "Less."}, {"is_required": ""}, {"label": "New", "body": "New"}]
    )
    def test_what_it_says_is_changed_by_a_new_version(self, people, rows, changed):
        text, old = rows["consenttext"], ConsentVersion.objects.get()
        browser = sign_in(in_english(), people["admin"])
        form = {"name": text.name, "is_asked": "on", "label": old.label, "body": old.body, "is_required": "on"}

        for _ in range(2):
            browser.post(url("consenttext", "change", text.pk), {**form, **changed})

        numbers = ConsentVersion.objects.order_by("number").values_list("number", "label")
        assert list(numbers) == [(1, old.label), (2, changed.get("label", old.label))]

    def test_its_name_and_whether_it_is_asked_make_no_version(self, people, rows):
        text, old = rows["consenttext"], ConsentVersion.objects.get()
        form = {"name": "Renamed", "label": old.label, "body": old.body, "is_required": "on"}

        sign_in(in_english(), people["owner"]).post(url("consenttext", "change", text.pk), form)

        assert ConsentText.objects.values_list("name", "is_asked").get() == ("Renamed", False)
        assert ConsentVersion.objects.count() == 1

    def test_versions_are_shown_with_how_many_agreed(self, people, rows, campaign):
        version = ConsentVersion.objects.get()
        for said in (True, True, False):
            person = UserFactory()
            record_consents(user_id=person.pk, given={version.pk: said}, campaign=campaign, now=timezone.now())

        page = sign_in(in_english(), people["owner"]).get(url("consenttext", "change", rows["consenttext"].pk))

        assert "2 agreed, 1 did not" in page.content.decode()
        assert ConsentGiven.objects.count() == 3

    def test_a_campaign_of_another_client_is_not_taken(self, people, campaign):
        other = CampaignFactory(client=ClientFactory(agency=campaign.agency))
        body = {**self.FORM, "client": campaign.client_id, "campaign": other.pk}

        page = sign_in(in_english(), people["owner"]).post(url("consenttext", "add"), body)

        assert "campaign" in page.context["adminform"].form.errors
        assert not ConsentText.objects.exists()


class TestInAWebinarsSettings:
    def test_only_campaigns_of_its_client_are_offered(self, people, webinar, campaign):
        CampaignFactory(client=ClientFactory(agency=webinar.agency))
        CampaignFactory()

        page = sign_in(in_english(), people["owner"]).get(url("webinar", "change", webinar.pk))

        field = page.context["adminform"].form.fields["registration_campaign"]
        assert list(field.queryset) == [campaign]

    def test_choosing_one_registers_those_who_entered(self, people, webinar, campaign):
        entry = CampaignEntryFactory(campaign=campaign)

        change(sign_in(in_english(), people["operator"]), webinar, registration_campaign=campaign.pk)

        assert Webinar.objects.get(pk=webinar.pk).registration_campaign_id == campaign.pk
        assert Registration.objects.filter(webinar=webinar, user=entry.user).exists()

    def test_one_of_another_client_is_refused(self, people, webinar, campaign):
        foreign = CampaignFactory()

        page = change(sign_in(in_english(), people["superuser"]), webinar, registration_campaign=foreign.pk)

        assert "registration_campaign" in page.context["adminform"].form.errors
        assert Webinar.objects.get(pk=webinar.pk).registration_campaign_id is None

    def test_a_public_webinar_by_name_and_email_needs_one(self, people, webinar, campaign):
        browser = sign_in(in_english(), people["admin"])
        policy = {"access_policy": "name_email_auth"}

        refused = change(browser, webinar, **policy)
        taken = change(browser, webinar, **policy, registration_campaign=campaign.pk)

        assert "registration_campaign" in refused.context["adminform"].form.errors
        assert taken.status_code == 302

    def test_one_that_is_not_published_is_taken_with_a_warning(self, people, webinar, campaign):
        Campaign.objects.update(is_published=False)
        browser = sign_in(in_english(), people["admin"])

        change(browser, webinar, access_policy="name_email_auth", registration_campaign=campaign.pk)
        page = browser.get(url("webinar", "change", webinar.pk))

        assert Webinar.objects.get(pk=webinar.pk).registration_campaign_id == campaign.pk
        assert [message.level_tag for message in page.context["messages"]][:1] == ["warning"]
