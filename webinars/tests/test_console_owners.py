"""A tenant keeps an owner, whichever way somebody tries to take the last one away."""

import pytest
from django.urls import reverse

from webinars.models import AgencyMember, ClientMember
from webinars.tests.console_people import sign_in
from webinars.tests.factories import AgencyMemberFactory, ClientFactory, ClientMemberFactory, UserFactory

SENTENCES = {
    "agency": "An agency keeps at least one owner. Make somebody else an owner first.",
    "client": "Neither this client nor its agency would have an owner. Make somebody else an owner first.",
}
FACTORIES = {"agency": AgencyMemberFactory, "client": ClientMemberFactory}


@pytest.fixture(params=["agency", "client"])
def kind(request):
    return request.param


@pytest.fixture
def client(client):
    """A super admin, who is bound like everybody else, in English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def owner(db, kind):
    """The only one of the tenant; above a client there is none either."""
    return FACTORIES[kind](role="owner")


@pytest.fixture
def console(client, owner):
    return sign_in(client, UserFactory(is_superuser=True))


def tenant_of(member):
    return member.agency if isinstance(member, AgencyMember) else member.client


def url(kind, page, *args):
    return reverse(f"admin:webinars_{kind}member_{page}", args=args)


def still_owns(member):
    return type(member).objects.filter(pk=member.pk, role="owner").exists()


def organisation(kind, owner, **rows):
    tenant = tenant_of(owner)
    return {
        "name": tenant.name,
        "slug": tenant.slug,
        "members-TOTAL_FORMS": "1",
        "members-INITIAL_FORMS": "1",
        "members-0-id": str(owner.pk),
        f"members-0-{kind}": str(tenant.pk),
        "members-0-role": "owner",
        **rows,
    }


def test_not_by_another_role(console, kind, owner):
    answer = console.post(url(kind, "change", owner.pk), {"role": "viewer"})

    assert answer.context["adminform"].form.errors == {"role": [SENTENCES[kind]]}
    assert still_owns(owner)


@pytest.mark.parametrize("ask", ["get", "post"])
def test_not_on_the_delete_page(console, kind, owner, ask):
    answer = getattr(console, ask)(url(kind, "delete", owner.pk), {"post": "yes"} if ask == "post" else {})

    assert SENTENCES[kind] in answer.content.decode()
    assert still_owns(owner)


@pytest.mark.parametrize("post", [{}, {"post": "yes"}])
def test_not_in_a_selection(console, kind, owner, post):
    viewer = FACTORIES[kind](**{kind: tenant_of(owner)}, role="viewer")

    answer = console.post(
        url(kind, "changelist"),
        {"action": "delete_selected", "_selected_action": [owner.pk, viewer.pk], **post},
        follow=True,
    )

    assert [str(message) for message in answer.context["messages"]] == [SENTENCES[kind]]
    assert still_owns(owner)


@pytest.mark.parametrize("change", [{"members-0-DELETE": "on"}, {"members-0-role": "admin"}])
def test_not_on_the_organisations_page(console, kind, owner, change):
    page = reverse(f"admin:webinars_{kind}_change", args=[tenant_of(owner).pk])

    answer = console.post(page, organisation(kind, owner, **change))

    assert answer.context["inline_admin_formsets"][0].formset.non_form_errors() == [SENTENCES[kind]]
    assert SENTENCES[kind] in answer.content.decode()
    assert still_owns(owner)


def test_an_owner_is_replaced_in_one_step(console, kind, owner):
    heir, bystander = UserFactory(proven=True), UserFactory(proven=True)
    key = f"{kind}"
    rows = {
        f"members-{n}-{name}": value
        for n, person, role in [(1, heir, "owner"), (2, bystander, "viewer")]
        for name, value in [(key, str(tenant_of(owner).pk)), ("email", person.email), ("role", role)]
    }
    data = organisation(kind, owner, **rows, **{"members-0-role": "admin", "members-TOTAL_FORMS": "3"})

    answer = console.post(reverse(f"admin:webinars_{kind}_change", args=[tenant_of(owner).pk]), data)

    assert answer.status_code == 302, answer.context["errors"]
    roles = dict(tenant_of(owner).members.values_list("user__email", "role"))
    assert roles == {owner.user.email: "admin", heir.email: "owner", bystander.email: "viewer"}


def test_one_of_two_owners_may_go(console, kind, owner):
    other = FACTORIES[kind](**{kind: tenant_of(owner)}, role="owner")

    console.post(url(kind, "delete", other.pk), {"post": "yes"})

    assert (still_owns(other), still_owns(owner)) == (False, True)


def test_not_both_of_two_owners_in_a_selection(console, kind, owner):
    other = FACTORIES[kind](**{kind: tenant_of(owner)}, role="owner")

    console.post(
        url(kind, "changelist"),
        {"action": "delete_selected", "_selected_action": [owner.pk, other.pk], "post": "yes"},
    )

    assert still_owns(owner)
    assert still_owns(other)


def test_somebody_who_can_no_longer_sign_in_is_no_owner(console, kind, owner):
    FACTORIES[kind](**{kind: tenant_of(owner)}, role="owner", user=UserFactory(is_active=False))

    console.post(url(kind, "delete", owner.pk), {"post": "yes"})

    assert still_owns(owner)


def test_a_clients_owner_may_go_where_the_agency_has_one(client, db):
    place = ClientFactory()
    AgencyMemberFactory(agency=place.agency, role="owner")
    member = ClientMemberFactory(client=place, role="owner")

    sign_in(client, UserFactory(is_superuser=True)).post(url("client", "delete", member.pk), {"post": "yes"})

    assert not ClientMember.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize("post", [{}, {"post": "yes"}])
def test_not_together_with_the_person(console, kind, owner, post):
    one = console.post(reverse("admin:webinars_user_delete", args=[owner.user_id]), post)
    several = console.post(
        reverse("admin:webinars_user_changelist"),
        {"action": "delete_selected", "_selected_action": [str(owner.user_id)], **post},
        follow=True,
    )

    assert SENTENCES[kind] in one.content.decode()
    assert [str(message) for message in several.context["messages"]] == [SENTENCES[kind]]
    assert still_owns(owner)


def test_not_by_closing_the_persons_account(console, kind, owner):
    page = reverse("admin:webinars_user_change", args=[owner.user_id])

    refused = console.post(page, {"email": owner.user.email, "display_name": "Kim"})
    FACTORIES[kind](**{kind: tenant_of(owner)}, role="owner")
    accepted = console.post(page, {"email": owner.user.email, "display_name": "Kim"})

    assert refused.context["adminform"].form.errors == {"is_active": [SENTENCES[kind]]}
    assert accepted.status_code == 302
    owner.user.refresh_from_db()
    assert not owner.user.is_active
