"""Nobody reaches beyond their own role and tenant (spec 1), and what changes counts from the next request on."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from webinars.models import Agency, AgencyMember, ClientMember
from webinars.tests.console_people import sign_in
from webinars.tests.factories import AgencyMemberFactory, ClientMemberFactory, UserFactory, WebinarFactory
from webinars.tests.organisations.conftest import person

OWNERS_ONLY = "Only owners make, change or remove owners."


@pytest.fixture(params=["agency", "client"])
def kind(request):
    return request.param


@pytest.fixture
def tenant(place, kind):
    return getattr(place, kind)


@pytest.fixture
def admin(tenant, kind):
    return member_of(tenant, kind, "admin", user=person("admin@example.com"))


def member_of(tenant, kind, role, **more):
    factory = {"agency": AgencyMemberFactory, "client": ClientMemberFactory}[kind]
    return factory(**{kind: tenant}, role=role, **more)


def url(kind, page, *args):
    return reverse(f"admin:webinars_{kind}member_{page}", args=args)


def organisation(kind, tenant, rows, *, known=0):
    fields = {
        "name": tenant.name,
        "slug": tenant.slug,
        "members-TOTAL_FORMS": len(rows),
        "members-INITIAL_FORMS": known,
    }
    return fields | {
        f"members-{n}-{name}": value
        for n, row in enumerate(rows)
        for name, value in {kind: str(tenant.pk), **row}.items()
    }


def roles(tenant):
    return dict(tenant.members.values_list("user__email", "role"))


@pytest.mark.parametrize("way", ["own page", "organisation"])
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_an_admin_makes_admins_and_no_owners(client, tenant, kind, admin, way, role):
    person("kim@example.com")
    browser = sign_in(client, admin.user)
    if way == "own page":
        browser.post(url(kind, "add"), {kind: str(tenant.pk), "email": "kim@example.com", "role": role})
    else:
        page = reverse(f"admin:webinars_{kind}_change", args=[tenant.pk])
        browser.post(page, organisation(kind, tenant, [{"email": "kim@example.com", "role": role}]))

    assert roles(tenant).get("kim@example.com") == (role if role == "admin" else None)


@pytest.mark.parametrize("way", ["own page", "organisation"])
def test_an_admin_does_not_raise_themselves(client, tenant, kind, admin, way):
    browser = sign_in(client, admin.user)
    if way == "own page":
        browser.post(url(kind, "change", admin.pk), {"role": "owner"})
    else:
        page = reverse(f"admin:webinars_{kind}_change", args=[tenant.pk])
        browser.post(page, organisation(kind, tenant, [{"id": str(admin.pk), "role": "owner"}], known=1))

    assert roles(tenant) == {"admin@example.com": "admin"}


ACTS = {
    "demote": lambda kind, row: (url(kind, "change", row.pk), {"role": "viewer"}),
    "delete": lambda kind, row: (url(kind, "delete", row.pk), {"post": "yes"}),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_admin_neither_demotes_nor_removes_an_owner(client, tenant, kind, admin, act):
    for _ in range(2):  # so that it is not the last one
        row = member_of(tenant, kind, "owner")

    answer = sign_in(client, admin.user).post(*ACTS[act](kind, row))

    assert answer.status_code == 404
    assert roles(tenant)[row.user.email] == "owner"


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"role": "owner", "DELETE": "on"}])
def test_nor_on_the_organisations_page(client, tenant, kind, admin, change):
    owners = [member_of(tenant, kind, "owner") for _ in range(2)]
    rows = [{"id": str(owners[0].pk), **change}, {"id": str(owners[1].pk), "role": "owner"}]

    sign_in(client, admin.user).post(
        reverse(f"admin:webinars_{kind}_change", args=[tenant.pk]), organisation(kind, tenant, rows, known=2)
    )

    assert {roles(tenant)[one.user.email] for one in owners} == {"owner"}


def test_nor_in_a_selection(client, tenant, kind, admin):
    owners = [member_of(tenant, kind, "owner") for _ in range(2)]
    viewer = member_of(tenant, kind, "viewer")

    answer = sign_in(client, admin.user).post(
        url(kind, "changelist"),
        {"action": "delete_selected", "_selected_action": [owners[0].pk, viewer.pk], "post": "yes"},
        follow=True,
    )

    assert [str(message) for message in answer.context["messages"]] == [
        "Some of the chosen rows are not yours to delete. Nothing was changed."
    ]
    assert tenant.members.count() == 4


def test_an_admin_sees_that_there_are_owners(client, tenant, kind, admin):
    row = member_of(tenant, kind, "owner")
    browser = sign_in(client, admin.user)

    page = browser.get(url(kind, "change", row.pk))
    organisation_page = browser.get(reverse(f"admin:webinars_{kind}_change", args=[tenant.pk]))

    assert row.user.email in page.content.decode()
    assert 'name="role"' not in page.content.decode()
    assert row.user.email in organisation_page.content.decode()


def test_an_owner_makes_changes_and_removes_owners(client, tenant, kind):
    owner, other = member_of(tenant, kind, "owner"), member_of(tenant, kind, "owner")
    person("kim@example.com")
    browser = sign_in(client, owner.user)

    browser.post(url(kind, "add"), {kind: str(tenant.pk), "email": "kim@example.com", "role": "owner"})
    browser.post(url(kind, "change", other.pk), {"role": "viewer"})
    made = roles(tenant)
    browser.post(url(kind, "delete", other.pk), {"post": "yes"})

    assert made == {owner.user.email: "owner", other.user.email: "viewer", "kim@example.com": "owner"}
    assert other.user.email not in roles(tenant)


def test_an_agencys_owner_makes_owners_of_its_clients_and_its_admin_does_not(client, place, owner):
    admin = AgencyMemberFactory(agency=place.agency, role="admin").user
    for email in ("kim@example.com", "lee@example.com"):
        person(email)

    for browser, email in (
        (sign_in(Browser(), owner), "kim@example.com"),
        (sign_in(Browser(), admin), "lee@example.com"),
    ):
        browser.post(url("client", "add"), {"client": str(place.client.pk), "email": email, "role": "owner"})

    assert roles(place.client) == {"kim@example.com": "owner"}


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_who_manages_a_client_does_not_get_into_its_agency(client, place, role):
    member = ClientMemberFactory(client=place.client, role=role, user=person("kim@example.com"))
    browser = sign_in(client, member.user)

    seen = [browser.get(url("agency", page)).status_code for page in ("add", "changelist")]
    posted = browser.post(
        url("agency", "add"), {"agency": str(place.agency.pk), "email": "kim@example.com", "role": "viewer"}
    )
    agency_page = browser.post(
        reverse("admin:webinars_agency_change", args=[place.agency.pk]),
        organisation("agency", place.agency, [{"email": "kim@example.com", "role": "viewer"}]),
    )

    assert [*seen, posted.status_code, agency_page.status_code] == [404, 404, 404, 404]
    assert not AgencyMember.objects.exists()


def test_who_manages_one_agency_does_not_get_into_another(client, place, owner):
    sign_in(client, owner).post(
        url("agency", "add"), {"agency": str(place.far.agency.pk), "email": owner.email, "role": "viewer"}
    )
    client.post(url("client", "add"), {"client": str(place.far.pk), "email": owner.email, "role": "viewer"})

    assert not AgencyMember.objects.filter(agency=place.far.agency).exists()
    assert not ClientMember.objects.exists()


def test_a_membership_stays_with_its_tenant(client, place, owner):
    member = ClientMemberFactory(client=place.client, role="viewer")

    sign_in(client, owner).post(url("client", "change", member.pk), {"client": str(place.sister.pk), "role": "viewer"})

    member.refresh_from_db()
    assert member.client == place.client


@pytest.mark.parametrize("part", ["owner", "client_owner"])
def test_only_super_admins_make_agencies(client, place, request, part):
    browser = sign_in(client, request.getfixturevalue(part))

    answer = browser.post(reverse("admin:webinars_agency_add"), {"name": "Mine", "slug": "mine"})

    assert answer.status_code == 404
    assert not Agency.objects.filter(slug="mine").exists()


def test_a_change_of_role_counts_from_the_next_request_on(client, place):
    member = ClientMemberFactory(client=place.client, role="admin")
    webinar = WebinarFactory(client=place.client)
    browser = sign_in(client, member.user)
    pages = [
        url("client", "changelist"),
        f"{reverse('admin:webinars_registration_changelist')}?webinar={webinar.pk}",
        reverse("admin:webinars_webinar_change", args=[webinar.pk]),
    ]

    def seen():
        return [browser.get(page).status_code for page in pages]

    as_admin = seen()
    ClientMember.objects.update(role="analyst")
    as_analyst = seen()
    ClientMember.objects.update(role="viewer")
    as_viewer = seen()
    ClientMember.objects.all().delete()
    as_nobody = seen()

    assert [as_admin, as_analyst, as_viewer, as_nobody] == [
        [200, 200, 200],
        [404, 200, 200],
        [404, 404, 200],
        [404, 404, 404],
    ]


def test_a_role_is_told_in_words(client, tenant, kind, admin):
    person("kim@example.com")

    answer = sign_in(client, admin.user).post(
        url(kind, "add"), {kind: str(tenant.pk), "email": "kim@example.com", "role": "owner"}
    )

    assert list(answer.context["adminform"].form.errors) == ["role"]
    assert UserFactory._meta.model.objects.get(email="kim@example.com").is_staff is False
