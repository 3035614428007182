"""One's own memberships, and leaving them (spec 1)."""

import uuid

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from webinars.models import AgencyMember, AuditEntry, ClientMember, User
from webinars.services.leaving import CannotLeave, leave
from webinars.tests.at_once import Team
from webinars.tests.console_people import sign_in
from webinars.tests.factories import (
    AgencyFactory,
    AgencyMemberFactory,
    ClientFactory,
    ClientMemberFactory,
    UserFactory,
)

LIST = reverse("webinars:memberships")


def url_of(tenant, kind):
    return reverse("webinars:leave", args=[kind, tenant.pk])


@pytest.fixture(params=["agency", "client"])
def kind(request):
    return request.param


@pytest.fixture
def tenant(place, kind):
    return getattr(place, kind)


def member_of(tenant, kind, role="viewer", **more):
    factory = {"agency": AgencyMemberFactory, "client": ClientMemberFactory}[kind]
    return factory(**{kind: tenant}, role=role, **more)


def test_the_page_lists_ones_own_memberships_and_no_others(client, place, owner, client_owner):
    ClientMemberFactory(client=place.sister, user=client_owner, role="viewer")

    page = sign_in(client, client_owner).get(LIST).content.decode()

    assert [name in page for name in ("Narae Foods", "Sister Co", "Onair Studio", "Far Away")] == [
        True,
        True,
        False,
        False,
    ]
    assert "Owner" in page
    assert "Viewer" in page


def test_whoever_is_a_member_of_nothing_is_told_how_to_become_one(client, stranger):
    assert "You are a member of no agency and of no client." in sign_in(client, stranger).get(LIST).content.decode()


@pytest.mark.parametrize("page", ["list", "leave"])
def test_strangers_sign_in_first(client, place, page):
    url = LIST if page == "list" else url_of(place.client, "client")

    assert client.get(url).url == f"{reverse('account_login')}?next={url}"
    assert client.post(url).url == f"{reverse('account_login')}?next={url}"


def test_leaving_asks_first_and_is_on_record(client, tenant, kind):
    member_of(tenant, kind, role="owner")
    member = member_of(tenant, kind, role="operator", user=UserFactory(is_staff=True))
    browser = sign_in(client, member.user)

    asked = browser.get(url_of(tenant, kind))
    still = type(member).objects.filter(pk=member.pk).exists()
    done = browser.post(url_of(tenant, kind), follow=True)

    assert f"Leave {tenant.name}?" in asked.content.decode()
    assert still
    assert [str(message) for message in done.context["messages"]] == [f"You have left {tenant.name}."]
    assert not type(member).objects.filter(pk=member.pk).exists()
    assert not User.objects.get(pk=member.user_id).is_staff
    entry = AuditEntry.objects.get(action="membership.left")
    assert (entry.actor_id, entry.subject_id, entry.details) == (
        member.user_id, str(member.user_id), {"role": "operator"},
    )  # fmt: skip
    assert entry.client_id == (tenant.pk if kind == "client" else None)
    assert browser.get("/console/").status_code == 404


def test_whoever_has_another_membership_keeps_the_console(client, tenant, kind):
    member_of(tenant, kind, role="owner")
    member = member_of(tenant, kind, user=UserFactory(is_staff=True))
    ClientMemberFactory(user=member.user)

    sign_in(client, member.user).post(url_of(tenant, kind))

    assert User.objects.get(pk=member.user_id).is_staff
    assert client.get("/console/").status_code == 200


@pytest.mark.parametrize("ask", ["get", "post"])
@pytest.mark.parametrize("what", ["not a member", "nothing", "no kind", "the other kind"])
def test_what_is_not_ones_own_does_not_exist(client, place, owner, client_owner, ask, what):
    urls = {
        "not a member": url_of(place.sister, "client"),
        "nothing": reverse("webinars:leave", args=["agency", uuid.uuid4()]),
        "no kind": reverse("webinars:leave", args=["nonsense", place.client.pk]),
        "the other kind": reverse("webinars:leave", args=["agency", place.client.pk]),
    }

    assert getattr(sign_in(client, client_owner), ask)(urls[what]).status_code == 404
    assert (AgencyMember.objects.count(), ClientMember.objects.count()) == (1, 1)


def test_leaving_takes_the_token_of_the_form(place, client_owner):
    browser = sign_in(Browser(enforce_csrf_checks=True), client_owner)

    assert browser.post(url_of(place.client, "client")).status_code == 403


WORDS = {
    "agency": "An agency keeps at least one owner. Make somebody else an owner first.",
    "client": "Neither this client nor its agency would have an owner. Make somebody else an owner first.",
}


@pytest.mark.parametrize("beside", ["nobody", "an admin", "an owner who cannot sign in"])
def test_the_last_owner_stays(client, tenant, kind, beside):
    last = member_of(tenant, kind, role="owner")
    if beside == "an admin":
        member_of(tenant, kind, role="admin")
    if beside == "an owner who cannot sign in":
        member_of(tenant, kind, role="owner", user=UserFactory(is_active=False))

    answer = sign_in(client, last.user).post(url_of(tenant, kind), follow=True)

    assert [str(message) for message in answer.context["messages"]] == [WORDS[kind]]
    assert type(last).objects.filter(pk=last.pk).exists()
    assert not AuditEntry.objects.filter(action="membership.left").exists()


def test_a_clients_owner_may_go_since_the_agencys_own_it(client, place, owner, client_owner):
    sign_in(client, client_owner).post(url_of(place.client, "client"))

    assert not ClientMember.objects.filter(user=client_owner).exists()


def test_leaving_twice_is_leaving_once(tenant, kind):
    member_of(tenant, kind, role="owner")
    member = member_of(tenant, kind)

    assert [leave(membership=member, now=timezone.now()) for _ in range(2)] == [True, False]
    assert AuditEntry.objects.filter(action="membership.left").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of", ["agency", "client"])
def test_of_two_owners_who_leave_at_once_one_stays(of):
    tenant = {"agency": AgencyFactory, "client": ClientFactory}[of]()
    owners = [member_of(tenant, of, role="owner") for _ in range(2)]
    team = Team(2)

    def go(member):
        try:
            return leave(membership=member, now=timezone.now())
        except CannotLeave:
            return False

    for _round in range(5):
        left = team.at_once(*[lambda member=member: go(member) for member in owners])
        assert sorted(left) == [False, True]
        assert tenant.members.filter(role="owner").count() == 1
        owners = [tenant.members.get(), member_of(tenant, of, role="owner")]
    team.close()


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_one_leaves_and_one_is_demoted_and_one_stays():
    place = AgencyFactory()
    leaver, demoted = (AgencyMemberFactory(agency=place, role="owner") for _ in range(2))
    admin = sign_in(Browser(), UserFactory(is_superuser=True))
    url = reverse("admin:webinars_agencymember_change", args=[demoted.pk])
    team = Team(2)

    def go():
        try:
            return leave(membership=leaver, now=timezone.now())
        except CannotLeave:
            return False

    left, answer = team.at_once(go, lambda: admin.post(url, {"role": "viewer"}).status_code)
    team.close()

    assert (left, answer) in [(True, 200), (False, 302)]
    assert place.members.filter(role="owner").count() == 1
