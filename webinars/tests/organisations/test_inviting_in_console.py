"""Invitations in the console: who sees, sends and takes back which, and what people are told."""

import pytest
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from webinars.invitation_links import invitation_id_of
from webinars.models import Agency, Invitation
from webinars.tests.console_people import AGENCY_ROLES, sign_in
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    InvitationFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)
from webinars.tests.organisations.conftest import person

LIST = reverse("admin:webinars_invitation_changelist")
ADD = reverse("admin:webinars_invitation_add")


@pytest.fixture
def people(place):
    """By part; members of the agency by role, those of its one client as client_…"""
    found = {role: AgencyMemberFactory(agency=place.agency, role=role).user for role in AGENCY_ROLES}
    found |= {f"client_{role}": ClientMemberFactory(client=place.client, role=role).user for role in AGENCY_ROLES}
    webinar = WebinarFactory(client=place.client)
    return found | {
        "neighbour": ClientMemberFactory(client=place.sister, role="owner").user,
        "rival": AgencyMemberFactory(agency=place.far.agency, role="owner").user,
        "attendee": RegistrationFactory(webinar=webinar).user,
        "presenter": RegistrationFactory(webinar=webinar, role="presenter").user,
        "superuser": UserFactory(is_superuser=True),
        "anonymous": None,
    }


OF_AGENCY = {"owner", "admin", "superuser"}
OF_CLIENT = OF_AGENCY | {"client_owner", "client_admin"}
MANAGERS = OF_CLIENT | {"neighbour", "rival"}


@pytest.fixture
def sent(place, people):
    """One into the agency, one into the client, each by an owner."""
    inviter = people["owner"]
    return {
        "agency": InvitationFactory(agency=place.agency, email="into-agency@example.com", invited_by=inviter),
        "client": InvitationFactory(
            agency=place.agency, client=place.client, email="into-client@example.com", invited_by=inviter
        ),
    }


def answers(people, ask):
    return {part: ask(sign_in(Browser(), someone)) for part, someone in people.items()}


def table(people, allowed):
    return {part: 302 if part == "anonymous" else 200 if part in allowed else 404 for part in people}


@pytest.mark.parametrize("page", [LIST, ADD])
def test_the_pages_open_for_who_manages_members_somewhere(people, page):
    assert answers(people, lambda browser: browser.get(page).status_code) == table(people, MANAGERS)


@pytest.mark.parametrize(("kind", "allowed"), [("agency", OF_AGENCY), ("client", OF_CLIENT)])
def test_an_invitation_is_found_where_its_members_are_managed(people, sent, kind, allowed):
    page = reverse("admin:webinars_invitation_change", args=[sent[kind].pk])
    history = reverse("admin:webinars_invitation_history", args=[sent[kind].pk])

    assert answers(people, lambda browser: browser.get(page).status_code) == table(people, allowed)
    found = answers(people, lambda browser: browser.get(history).status_code)
    assert {part for part, status in found.items() if status != 404} == allowed | {"anonymous"}


def test_lists_have_the_rows_of_ones_own_tenants(people, sent):
    def listed(browser):
        answer = browser.get(LIST)
        return {row.email for row in answer.context["cl"].result_list} if answer.status_code == 200 else None

    both, one = {"into-agency@example.com", "into-client@example.com"}, {"into-client@example.com"}
    assert answers(people, listed) == {
        part: both if part in OF_AGENCY else one if part in OF_CLIENT else set() if part in MANAGERS else None
        for part in people
    }


@pytest.mark.parametrize("page", ["change", "delete"])
def test_nobody_edits_or_deletes_one(people, sent, page):
    url = reverse(f"admin:webinars_invitation_{page}", args=[sent["client"].pk])

    posted = answers(people, lambda browser: browser.post(url, {"post": "yes", "role": "owner"}).status_code)

    assert set(posted.values()) == {302, 404}
    assert {part for part, status in posted.items() if status == 302} == {"anonymous"}
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize(("kind", "allowed"), [("agency", OF_AGENCY), ("client", OF_CLIENT)])
@pytest.mark.parametrize("action", ["send_again", "take_back"])
def test_who_may_act_on_one(people, sent, kind, allowed, action):
    for part, someone in people.items():
        Invitation.objects.update(revoked_at=None)
        mail.outbox.clear()
        answer = sign_in(Browser(), someone).post(
            LIST, {"action": action, "_selected_action": [str(sent[kind].pk)], "confirmed": "yes"}
        )

        sent[kind].refresh_from_db()
        acted = bool(mail.outbox) if action == "send_again" else sent[kind].revoked_at is not None
        assert (part, acted) == (part, part in allowed)
        assert answer.status_code == (302 if part in allowed or part == "anonymous" else 404)


@pytest.mark.parametrize("key", ["agency", "client"])
def test_the_form_opens_with_the_tenant_of_the_page_that_led_to_it(people, place, key):
    tenant = getattr(place, key)

    found = answers(people, lambda browser: browser.get(ADD, {key: str(tenant.pk)}).status_code)
    page = sign_in(Browser(), people["owner"]).get(ADD, {key: str(tenant.pk)})

    assert found == table(people, OF_AGENCY if key == "agency" else OF_CLIENT)
    assert page.context["form"].initial["place"] == f"{key}:{tenant.pk}"


@pytest.mark.parametrize("query", [{"client": "nonsense"}, {"agency": "\x00"}, {"client": "x" * 5000}])
def test_a_tenant_that_is_none_does_not_exist(client, owner, query):
    assert sign_in(client, owner).get(ADD, query).status_code == 404


def form(tenant, emails="kim@example.com", role="operator", **more):
    kind = "agency" if isinstance(tenant, Agency) else "client"
    return {"place": f"{kind}:{tenant.pk}", "role": role, "emails": emails, "language": "en", **more}


def test_inviting_several_at_once(client, owner, place):
    answer = sign_in(client, owner).post(
        ADD, form(place.client, "a@example.com\nB@example.com, c@example.com"), follow=True
    )

    assert [str(message) for message in answer.context["messages"]] == ["3 invitations are on their way."]
    assert sorted(letter.to[0] for letter in mail.outbox) == ["a@example.com", "b@example.com", "c@example.com"]


def test_the_link_in_the_mail_leads_to_the_invitation(client, owner, place):
    sign_in(client, owner).post(ADD, form(place.client))

    link = next(line for line in mail.outbox[0].body.splitlines() if "/invitations/" in line)
    token = link.removeprefix("http://testserver/invitations/").rstrip("/")
    assert invitation_id_of(token) == Invitation.objects.get().pk
    assert "Join Narae Foods" in Browser().get(link, follow=True, headers={"accept-language": "en"}).content.decode()


def test_each_address_is_answered_for(client, owner, place):
    ClientMemberFactory(client=place.client, user=person("member@example.com"), role="admin")
    InvitationFactory(agency=place.agency, client=place.client, email="open@example.com", invited_by=owner)
    lines = "new@example.com\nmember@example.com\nnot an address\nnew@example.com\nopen@example.com"

    answer = sign_in(client, owner).post(ADD, form(place.client, lines))

    twice, wrong = "This address is here twice.", "This is not a whole email address. It looks like name@example.com."
    assert answer.context["report"] == [
        ("new@example.com", "Sent.", True),
        ("member@example.com", "Is a member already, in this role or a higher one.", False),
        ("open@example.com", "Was invited already; sent again.", True),
        *((word, f"Line 3: {wrong}", False) for word in ("not", "an", "address")),
        ("new@example.com", f"Line 4: {twice}", False),
    ]
    assert answer.context["form"].initial["emails"] == "not\nan\naddress"


NOT_TAKEN = {
    "no address": {"emails": " , ;\n"},
    "only nonsense": {"emails": "@@@"},
    "too many": {"emails": "\n".join(f"p{n}@example.com" for n in range(51))},
    "a NUL": {"emails": "kim\x00@example.com"},
    "a megabyte": {"emails": "a@example.com\n" * 75_000},
    "no role": {"role": ""},
    "a role that is none": {"role": "emperor"},
    "a language that is none": {"language": "xx"},
    "no tenant": {"place": ""},
    "a tenant that is none": {"place": "client:nonsense"},
    "a long address": {"emails": "a" * 250 + "@example.com"},
}


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_what_cannot_be_is_told_beside_the_field(client, owner, place, case):
    answer = sign_in(client, owner).post(ADD, {**form(place.client), **NOT_TAKEN[case]})

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == list({"emails": 0, **NOT_TAKEN[case]})[-1:]
    assert (Invitation.objects.count(), mail.outbox) == (0, [])


@pytest.mark.parametrize("tenant", ["agency", "sister", "far"])
def test_a_clients_owner_invites_into_their_client_only(client, client_owner, place, tenant):
    answer = sign_in(client, client_owner).post(ADD, form(getattr(place, tenant)))

    assert list(answer.context["form"].errors) == ["place"]
    assert getattr(place, tenant).name not in answer.content.decode()
    assert not Invitation.objects.exists()


def test_an_admin_is_offered_no_owner_and_gets_none(client, client_admin, place):
    browser = sign_in(client, client_admin)

    offered = [role for role, _label in browser.get(ADD).context["form"].fields["role"].choices]
    answer = browser.post(ADD, form(place.client, role="owner"))

    assert offered == ["", "admin", "operator", "analyst", "viewer"]
    assert list(answer.context["form"].errors) == ["role"]
    assert not Invitation.objects.exists()


def test_an_owner_of_one_client_who_is_admin_of_another_makes_owners_in_the_first_only(client, client_owner, place):
    ClientMemberFactory(client=place.sister, user=client_owner, role="admin")

    answer = sign_in(client, client_owner).post(ADD, form(place.sister, role="owner"))

    assert answer.context["form"].errors == {"role": ["Only owners make, change or remove owners."]}
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("action", ["send_again", "take_back"])
def test_an_admin_leaves_the_invitation_of_an_owner_alone(client, client_admin, client_owner, place, action):
    row = InvitationFactory(agency=place.agency, client=place.client, role="owner", invited_by=client_owner)

    answer = sign_in(client, client_admin).post(
        LIST, {"action": action, "_selected_action": [str(row.pk)], "confirmed": "yes"}, follow=True
    )

    row.refresh_from_db()
    assert [str(message) for message in answer.context["messages"]] == [
        "Only owners send or take back an invitation of an owner. Nothing was changed."
    ]
    assert (row.revoked_at, mail.outbox) == (None, [])


def test_taking_back_asks_first(client, owner, place):
    row = InvitationFactory(agency=place.agency, client=place.client, invited_by=owner)
    data = {"action": "take_back", "_selected_action": [str(row.pk)]}
    browser = sign_in(client, owner)

    asked = browser.post(LIST, data)
    untouched = Invitation.objects.get().revoked_at
    done = browser.post(LIST, {**data, "confirmed": "yes"}, follow=True)

    assert "The link in the mail stops working at once." in asked.content.decode()
    assert untouched is None
    assert [str(message) for message in done.context["messages"]] == ["1 invitation was taken back."]
    assert Invitation.objects.get().revoked_at is not None


def test_a_foreign_row_in_a_selection_does_not_exist(client, client_owner, place, owner):
    mine = InvitationFactory(agency=place.agency, client=place.client, invited_by=client_owner)
    foreign = InvitationFactory(agency=place.agency, client=place.sister, invited_by=owner)

    answer = sign_in(client, client_owner).post(
        LIST,
        {"action": "take_back", "_selected_action": [str(mine.pk), str(foreign.pk)], "confirmed": "yes"},
    )

    assert answer.status_code == 404
    assert Invitation.objects.filter(revoked_at=None).count() == 2


def test_too_many_in_an_hour_are_told_to_wait(client, owner, place, settings):
    settings.INVITATIONS_PER_PERSON_HOUR = 1
    browser = sign_in(client, owner)
    browser.post(ADD, form(place.client, "a@example.com"))

    answer = browser.post(ADD, form(place.client, "b@example.com"))

    assert answer.status_code == 429
    assert 3590 < int(answer["Retry-After"]) <= 3600
    assert "Not sent: there were too many in an hour. Try again in 60 minutes." in answer.content.decode()
    assert answer.context["form"].initial["emails"] == "b@example.com"


def test_without_redis_nobody_is_invited(client, owner, place, redis_away):
    answer = sign_in(client, owner).post(ADD, form(place.client))

    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "Invitations cannot be sent for the moment." in answer.content.decode()
    assert not Invitation.objects.exists()


def test_inviting_takes_the_token_of_the_form(owner, place):
    browser = sign_in(Browser(enforce_csrf_checks=True), owner)

    assert browser.post(ADD, form(place.client)).status_code == 403
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(("state", "found"), [
    ("open", {"open"}), ("accepted", {"accepted"}), ("revoked", {"revoked"}), ("expired", {"expired"}),
])  # fmt: skip
def test_the_list_is_narrowed_by_state(client, owner, place, state, found):
    now = timezone.now()
    week = timezone.timedelta(days=7)
    for name, values in {
        "open": {},
        "accepted": {"accepted_at": now},
        "revoked": {"revoked_at": now},
        "expired": {"created_at": now - 2 * week, "expires_at": now - week},
    }.items():
        InvitationFactory(agency=place.agency, email=f"{name}@example.com", invited_by=owner, **values)

    rows = sign_in(client, owner).get(LIST, {"state": state}).context["cl"].result_list

    assert {row.email.partition("@")[0] for row in rows} == found


@pytest.mark.parametrize(
    "query", [{"state": "nonsense"}, {"state": "\x00"}, {"role__exact": "\x00"}, {"invited_by": "x"}]
)
def test_a_filter_that_is_none_does_not_exist(client, owner, query):
    assert sign_in(client, owner).get(LIST, query).status_code == 404


@pytest.mark.parametrize("more", [1, 3])
def test_the_list_costs_the_same_for_one_row_and_three(client, owner, place, django_assert_max_num_queries, more):
    for n in range(more):
        InvitationFactory(agency=place.agency, client=place.client, invited_by=owner, email=f"p{n}@example.com")
    browser = sign_in(client, owner)
    browser.get(LIST)

    # 1.–3. session, person 4.–5. memberships 6.–7. tenants of the filters 8. count 9. rows
    with django_assert_max_num_queries(9):
        assert browser.get(LIST).status_code == 200


@pytest.mark.parametrize("model", ["agencymember", "clientmember"])
def test_member_lists_lead_to_inviting(client, owner, model):
    page = sign_in(client, owner).get(reverse(f"admin:webinars_{model}_changelist"))

    assert f'href="{ADD}"' in page.content.decode()


@pytest.mark.parametrize(("part", "offered"), [("owner", True), ("operator", False)])
def test_a_clients_page_leads_to_inviting_into_it(client, place, part, offered):
    member = AgencyMemberFactory(agency=place.agency, role=part).user

    page = sign_in(client, member).get(reverse("admin:webinars_client_change", args=[place.client.pk]))

    assert (f"{ADD}?client={place.client.pk}" in page.content.decode()) is offered


@pytest.mark.parametrize("account", ["none", "unproven"])
def test_somebody_without_an_account_is_invited_instead(client, owner, place, account):
    if account == "unproven":
        UserFactory(email="kim@example.com")

    answer = sign_in(client, owner).post(
        reverse("admin:webinars_clientmember_add"),
        {"client": str(place.client.pk), "email": "kim@example.com", "role": "viewer"},
    )

    page = answer.content.decode()
    assert "Nobody has signed up with this address yet." in page
    assert f'<a class="ef-link" href="{ADD}?client={place.client.pk}">Invite them by email</a>' in page
