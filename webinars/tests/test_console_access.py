"""Who sees what in the console (spec 1 and 14): what is not theirs is 404."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from webinars.models import AgencyMember, ClientMember, Message, Registration, Webinar
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    QuestionFactory,
    RegistrationFactory,
    UserFactory,
)

MEMBERS = {"owner", "admin", "operator", "analyst", "viewer", "client_operator", "neighbour", "rival", "superuser"}
OURS = MEMBERS - {"neighbour", "rival"}
RUNNERS = {"owner", "admin", "operator", "client_operator", "superuser"}
SEES_PEOPLE = OURS - {"viewer"}
MANAGERS = {"owner", "admin", "superuser"}
STRANGERS = {"anonymous"}

# Model: who may open its list, who our row in it, and who may change that row.
LISTS = {
    "webinar": (MEMBERS, OURS, RUNNERS),
    "registration": (MEMBERS - {"viewer"}, SEES_PEOPLE, RUNNERS),
    "message": (MEMBERS - {"viewer"}, SEES_PEOPLE, set()),
    "question": (MEMBERS - {"viewer"}, SEES_PEOPLE, set()),
    "agency": (MEMBERS - {"client_operator", "neighbour"}, OURS - {"client_operator"}, MANAGERS),
    "client": (MEMBERS, OURS, MANAGERS),
    "agencymember": (MANAGERS | {"rival"}, MANAGERS, MANAGERS),
    "clientmember": (MANAGERS | {"rival"}, MANAGERS, MANAGERS),
    "user": ({"superuser"}, {"superuser"}, {"superuser"}),
}


@pytest.fixture
def people(webinar):
    return people_around(webinar)


@pytest.fixture
def rows(webinar, people):
    """One of ours of each model."""
    return {
        "webinar": webinar,
        "registration": Registration.objects.get(webinar=webinar, user=people["attendee"]),
        "message": Message.objects.create(
            webinar=webinar,
            client=webinar.client,
            agency=webinar.agency,
            user=people["attendee"],
            seq=1,
            client_message_id="m1",
            body="A sentence of ours",
            author_name="Kim Attendee",
        ),
        "question": QuestionFactory(webinar=webinar, user=people["attendee"], body="A question of ours"),
        "agency": webinar.agency,
        "client": webinar.client,
        "agencymember": AgencyMember.objects.get(user=people["analyst"]),
        "clientmember": ClientMember.objects.get(user=people["client_operator"]),
        "user": people["attendee"],
    }


def expected(part, allowed):
    if part in STRANGERS:
        return 302
    return 200 if part in allowed else 404


def answers(people, ask):
    """Status by part, of a browser of their own each."""
    return {part: ask(sign_in(Browser(), person)).status_code for part, person in people.items()}


def table(allowed):
    return {part: expected(part, allowed) for part in PARTS}


@pytest.mark.parametrize("model", LISTS)
def test_lists_open_for_those_who_may_see_such_rows(people, rows, model):
    page = reverse(f"admin:webinars_{model}_changelist")

    assert answers(people, lambda browser: browser.get(page)) == table(LISTS[model][0])


@pytest.mark.parametrize("model", LISTS)
def test_rows_are_found_by_those_who_may_see_them(people, rows, model):
    page = reverse(f"admin:webinars_{model}_change", args=[rows[model].pk])

    assert answers(people, lambda browser: browser.get(page)) == table(LISTS[model][1])


@pytest.mark.parametrize("model", LISTS)
def test_rows_are_changed_by_those_who_may(people, rows, model):
    """A form without a sense (a role that is none) is answered with its errors where the person may change."""
    page = reverse(f"admin:webinars_{model}_change", args=[rows[model].pk])

    assert answers(people, lambda browser: browser.post(page, {"role": "nonsense"})) == table(LISTS[model][2])


ADDS = {
    "webinar": RUNNERS | {"neighbour", "rival"},
    "registration": set(),
    "message": set(),
    "agency": {"superuser"},
    "client": MANAGERS | {"rival"},
    "agencymember": MANAGERS | {"rival"},
    "clientmember": MANAGERS | {"rival"},
    "user": {"superuser"},
}


@pytest.mark.parametrize("model", ADDS)
def test_rows_are_added_by_those_who_may(people, model):
    page = reverse(f"admin:webinars_{model}_add")

    assert answers(people, lambda browser: browser.get(page)) == table(ADDS[model])


@pytest.mark.parametrize("model", LISTS)
def test_rows_are_deleted_by_those_who_may(people, rows, model):
    page = reverse(f"admin:webinars_{model}_delete", args=[rows[model].pk])
    managed = {"agencymember", "clientmember"}
    allowed = MANAGERS if model in managed else {"superuser"} if model in ("agency", "client", "user") else set()

    assert answers(people, lambda browser: browser.get(page)) == table(allowed)


@pytest.mark.parametrize("model", [name for name in LISTS if name != "user"])
@pytest.mark.parametrize("part", ["rival", "neighbour"])
def test_lists_show_nothing_of_other_tenants(client, people, rows, webinar, model, part):
    answer = sign_in(client, people[part]).get(reverse(f"admin:webinars_{model}_changelist"))

    if answer.status_code == 200:
        page = answer.content.decode()
        shown = [row for row in answer.context["cl"].result_list if row.pk == rows[model].pk]
        assert shown == []
        secrets = [webinar.title, webinar.client.name, "Kim Attendee", "A sentence of ours", rows["user"].email]
        assert [secret for secret in secrets if f">{secret}<" in page] == []


@pytest.mark.parametrize("model", ["registration", "message"])
@pytest.mark.parametrize("part", ["rival", "neighbour"])
def test_lists_of_a_foreign_webinar_do_not_exist(client, people, rows, webinar, model, part):
    page = reverse(f"admin:webinars_{model}_changelist")

    answer = sign_in(client, people[part]).get(page, {"webinar": str(webinar.pk)})

    assert answer.status_code == 404


@pytest.mark.parametrize("part", ["rival", "neighbour"])
@pytest.mark.parametrize("filter_by", ["client__id__exact", "client", "client_id", "client__in", "agency__id__exact"])
def test_lists_are_not_narrowed_to_a_foreign_tenant(client, people, webinar, part, filter_by):
    foreign = webinar.client_id if filter_by.startswith("client") else webinar.agency_id

    answer = sign_in(client, people[part]).get(reverse("admin:webinars_webinar_changelist"), {filter_by: str(foreign)})

    assert answer.status_code == 404


@pytest.mark.parametrize(("tenant", "answer"), [("ours", 200), ("nonsense", 404), ("", 404)])
def test_lists_are_narrowed_to_a_tenant_of_theirs(client, people, webinar, tenant, answer):
    wanted = str(webinar.client_id) if tenant == "ours" else tenant
    page = reverse("admin:webinars_webinar_changelist")

    found = sign_in(client, people["analyst"]).get(page, {"client__id__exact": wanted, "access_policy__exact": "auth"})

    assert found.status_code == answer


def test_the_front_door(people):
    assert answers(people, lambda browser: browser.get("/console/")) == table(MEMBERS)


def test_strangers_sign_in_where_everybody_does_and_come_back(client, webinar):
    page = reverse("admin:webinars_webinar_change", args=[webinar.pk])

    first = client.get(page)
    second = client.get(first.url)

    assert second.status_code == 302
    assert second.url == f"/accounts/login/?next={page}"


def test_the_door_sends_nobody_elsewhere(client):
    assert client.get("/console/login/?next=//elsewhere.example/").url == "/accounts/login/?next=/console/"


def test_an_inactive_member_is_out(client, organizer):
    sign_in(client, organizer)
    type(organizer).objects.filter(pk=organizer.pk).update(is_active=False)

    assert client.get("/console/").status_code == 302


@pytest.mark.parametrize("name", ["webinars_webinar_change", "webinars_webinar_delete", "webinars_webinar_history"])
def test_unknown_rows_do_not_exist(client, organizer, name):
    missing = "00000000-0000-4000-8000-000000000000"

    assert sign_in(client, organizer).get(reverse(f"admin:{name}", args=[missing])).status_code == 404
    assert sign_in(client, organizer).get(reverse(f"admin:{name}", args=["nonsense"])).status_code == 404


@pytest.mark.parametrize(
    ("part", "status"), [("viewer", 404), ("analyst", 404), ("rival", 404), ("neighbour", 404), ("operator", 302)]
)
def test_a_rows_history_is_for_those_who_read_the_audit_log(client, people, webinar, part, status):
    answer = sign_in(client, people[part]).get(reverse("admin:webinars_webinar_history", args=[webinar.pk]))

    assert answer.status_code == status


@pytest.mark.parametrize("field", ["webinars.webinar.client", "webinars.clientmember.user", "webinars.client.agency"])
def test_autocomplete_offers_nothing_that_is_not_theirs(people, webinar, field):
    app, model, name = field.split(".")
    query = {"app_label": app, "model_name": model, "field_name": name, "term": ""}
    ours = {str(webinar.client_id), str(webinar.agency_id), str(people["attendee"].pk)}

    offered = set()
    for part, person in people.items():
        answer = sign_in(Browser(), person).get(reverse("admin:autocomplete"), query)
        if answer.status_code == 200 and ours & {row["id"] for row in answer.json()["results"]}:
            offered.add(part)

    assert offered == {"client": OURS, "agency": OURS - {"client_operator"}, "user": {"superuser"}}[name]


def test_viewers_see_no_names_and_no_addresses(client, people, rows, webinar):
    browser = sign_in(client, people["viewer"])
    pages = [
        "/console/",
        reverse("admin:webinars_webinar_changelist"),
        reverse("admin:webinars_webinar_change", args=[webinar.pk]),
        reverse("admin:webinars_agency_change", args=[webinar.agency_id]),
        reverse("admin:webinars_client_change", args=[webinar.client_id]),
    ]

    texts = [browser.get(page).content.decode() for page in pages]

    others = [person for part, person in people.items() if person is not None and part != "viewer"]
    assert [person.email for person in others for text in texts if person.email in text] == []


@pytest.mark.parametrize("rows_more", [1, 3])
@pytest.mark.parametrize(
    ("model", "queries"),
    # 1. person 2.–3. memberships 4. tenants or webinars of the filter 5. count 6. rows; 7. the webinar of the list
    [("webinar", 6), ("registration", 7), ("message", 7), ("question", 7), ("agencymember", 6), ("clientmember", 6)],
)
def test_lists_cost_the_same_for_one_row_and_three(
    client, webinar, organizer, django_assert_num_queries, model, queries, rows_more
):
    for n in range(rows_more):
        person = RegistrationFactory(webinar=webinar).user
        AgencyMemberFactory(agency=webinar.agency)
        ClientMemberFactory(client=webinar.client)
        Webinar.objects.create(
            client=webinar.client, slug=f"more-{n}", title="More", webinar_start_time=timezone.now()
        )
        Message.objects.create(
            webinar=webinar,
            client=webinar.client,
            agency=webinar.agency,
            user=person,
            seq=n + 1,
            client_message_id=str(n),
            body="Hello",
            author_name="x",
        )
        QuestionFactory(webinar=webinar, user=person)
    page = reverse(f"admin:webinars_{model}_changelist")
    sign_in(client, organizer).get(page)

    with django_assert_num_queries(queries):
        assert client.get(page).status_code == 200


def test_a_large_table_is_counted_by_estimate(db, monkeypatch):
    from webinars.admin import pagination
    from webinars.models import User

    UserFactory.create_batch(3)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE users")
    monkeypatch.setattr(pagination, "LARGE", 2)
    whole = pagination.EstimatedPaginator(User.objects.order_by("email"), 50)
    part = pagination.EstimatedPaginator(User.objects.filter(is_superuser=True).order_by("email"), 50)
    UserFactory()

    assert whole.count == 3
    assert part.count == 0


@pytest.mark.parametrize(
    "asked",
    [
        "message/?author_name=%00",
        "question/?status__exact=%00",
        "registration/?role__exact=%00",
        "auditentry/?act=%00",
    ],
)
def test_what_no_database_can_look_for_does_not_exist(client, organizer, webinar, asked):
    assert sign_in(client, organizer).get(f"/console/webinars/{asked}").status_code == 404
