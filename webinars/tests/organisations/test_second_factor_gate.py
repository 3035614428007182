"""`Agency.mfa_required`: who is led where, and that nobody locks themselves out."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from webinars.console_gate import ON_THE_WAY
from webinars.models import Agency, AuditEntry
from webinars.tests.account_people import PASSWORD, app_code, give_factor
from webinars.tests.console_people import sign_in
from webinars.tests.factories import AgencyMemberFactory, ClientMemberFactory, UserFactory, WebinarFactory
from webinars.tests.organisations.conftest import person
from webinars.tests.test_second_factor import KEY, confirm_password

GATE = "/accounts/second-factor/"
PAGE = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture
def strict(place):
    """`place`, whose agency asks for a second factor."""
    Agency.objects.filter(pk=place.agency.pk).update(mfa_required=True)
    return place


@pytest.fixture(params=["agency", "client"])
def member(request, strict):
    if request.param == "agency":
        return AgencyMemberFactory(
            agency=strict.agency, role="owner", user=person("m@example.com", is_staff=True)
        ).user
    return ClientMemberFactory(client=strict.client, role="owner", user=person("m@example.com", is_staff=True)).user


@pytest.mark.parametrize(
    "wanted",
    ["/console/", "/console/webinars/webinar/?q=a", "/console/webinars/clientmember/add/", "/console/nothing/"],
)
def test_the_console_leads_a_member_to_the_gate_and_remembers_the_way(client, member, wanted):
    sign_in(client, member)

    answer = client.get(wanted, follow=True)

    assert answer.redirect_chain[0][0].startswith(f"{GATE}?next=")
    assert "Onair Studio" in answer.content.decode()
    assert f'href="{reverse("mfa_activate_totp")}"' in answer.content.decode()
    assert client.session[ON_THE_WAY] == wanted


def test_so_does_its_door(client, member):
    assert sign_in(client, member).get("/console/login/?next=/console/x/").url.startswith(GATE)


def test_a_form_that_is_sent_does_nothing_but_lead_there(client, member, strict):
    webinar = WebinarFactory(client=strict.client, state="scheduled")

    answer = sign_in(client, member).post(reverse("admin:webinars_webinar_start", args=[webinar.pk]))

    webinar.refresh_from_db()
    assert answer.url == f"{GATE}?next=/console/"
    assert webinar.state == "scheduled"


@pytest.mark.parametrize("who", ["stranger", "rival", "ours with a factor"])
def test_for_everybody_else_nothing_changes(client, strict, who):
    webinar = WebinarFactory(client=strict.client)
    page = reverse("admin:webinars_webinar_change", args=[webinar.pk])
    if who == "stranger":
        user, status = UserFactory(), 404
    elif who == "rival":
        user, status = AgencyMemberFactory(agency=strict.far.agency, role="owner").user, 404
    else:
        user, status = AgencyMemberFactory(agency=strict.agency, role="owner").user, 200
        give_factor(user)

    assert sign_in(client, user).get(page, headers=PAGE).status_code == status
    assert client.get(GATE).url == "/"


def test_a_super_admin_needs_no_membership_and_so_no_factor(client, strict):
    admin = UserFactory(is_superuser=True, is_staff=True)
    AgencyMemberFactory(agency=strict.agency, user=admin, role="viewer")

    assert sign_in(client, admin).get("/console/").status_code == 200


def test_with_another_tenant_in_force_the_console_opens_and_says_what_is_missing(client, member, strict):
    AgencyMemberFactory(agency=strict.far.agency, user=member, role="owner")
    hidden, shown = WebinarFactory(client=strict.client), WebinarFactory(client=strict.far)
    sign_in(client, member)

    home = client.get("/console/").content.decode()
    listed = client.get(reverse("admin:webinars_webinar_changelist")).context["cl"].result_list
    object_page = reverse("admin:webinars_webinar_change", args=[hidden.pk])

    assert "Onair Studio asks its members for a second factor" in home
    assert [row.pk for row in listed] == [shown.pk]
    assert client.get(object_page, headers=PAGE).url.startswith(GATE)
    assert client.get(object_page).status_code == 404
    assert client.post(object_page, {}, headers=PAGE).status_code == 404


@pytest.mark.parametrize(
    "bad", ["//elsewhere.example/", "https://elsewhere.example/console/", "/accounts/", "javascript:x", ""]
)
def test_the_way_back_leads_into_the_console_only(client, member, bad):
    sign_in(client, member).get(GATE, {"next": bad})

    assert client.session[ON_THE_WAY] == "/console/"


@pytest.mark.django_db(transaction=True)
def test_from_the_gate_through_setting_up_back_to_where_one_was_going(client, member):
    member.set_password(PASSWORD)
    member.save()
    sign_in(client, member)
    confirm_password(client)
    client.get("/console/webinars/webinar/")
    client.get(f"{GATE}?next=/console/webinars/webinar/")
    activate = reverse("mfa_activate_totp")
    key = KEY.findall(client.get(activate).text)[0]

    shown = client.post(activate, {"code": app_code(key)}, follow=True)

    assert shown.request["PATH_INFO"] == reverse("mfa_view_recovery_codes")
    assert 'Keep your recovery codes, then go on. <a href="/console/webinars/webinar/">To the console</a>' in (
        shown.content.decode()
    )
    assert client.get("/console/webinars/webinar/").status_code == 200
    assert ON_THE_WAY not in client.session


def test_somebody_signs_in_first(client, db):
    assert client.get(GATE).url == f"{reverse('account_login')}?next={GATE}"


# --- The switch -----------------------------------------------------------------------------------------------------


def settings_of(agency, **more):
    fields = {"name": agency.name, "slug": agency.slug, "members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}
    return fields | more


@pytest.fixture
def switch(client, place):
    def press(user, *, on=True):
        page = reverse("admin:webinars_agency_change", args=[place.agency.pk])
        return sign_in(client, user).post(
            page, settings_of(place.agency, **({"mfa_required": "on"} if on else {})), follow=True
        )

    return press


def required(place):
    return Agency.objects.get(pk=place.agency.pk).mfa_required


def test_whoever_turns_it_on_has_a_factor_first(switch, place, owner):
    refused = switch(owner)

    assert "Set up your own second factor first, or you would lock yourself out." in refused.content.decode()
    assert not required(place)

    give_factor(owner)
    switch(owner)

    assert required(place)


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_who_manages_the_agency_turns_it_on_and_off_and_it_is_on_record(switch, place, owner, role):
    user = AgencyMemberFactory(agency=place.agency, role=role).user
    give_factor(user)

    switch(user)
    on = required(place)
    switch(user, on=False)

    assert (on, required(place)) == (True, False)
    kept = AuditEntry.objects.filter(action="console.changed", agency_id=place.agency.pk).order_by("id")
    assert [entry.details["values"]["mfa_required"] for entry in kept] == [[False, True], [True, False]]


@pytest.mark.parametrize("role", ["operator", "analyst", "viewer"])
def test_nobody_else_does(switch, place, owner, role):
    user = AgencyMemberFactory(agency=place.agency, role=role).user
    give_factor(user)

    assert switch(user).status_code == 404
    assert not required(place)


def test_nor_who_manages_a_client(switch, place, client_owner):
    give_factor(client_owner)

    assert switch(client_owner).status_code == 404


def test_a_super_admin_may_without(switch, place):
    switch(UserFactory(is_superuser=True))

    assert required(place)


def test_how_many_are_shut_out_is_told(switch, place, owner, client_owner, client_admin):
    give_factor(owner)
    ClientMemberFactory(client=place.sister, user=client_owner)
    ClientMemberFactory(client=place.far)

    answer = switch(owner)

    assert "2 members have no second factor yet, and see nothing until it is set up." in [
        str(message) for message in answer.context["messages"]
    ]


def test_saving_something_else_later_asks_for_nothing(switch, place, owner):
    give_factor(owner)
    switch(owner)
    super_admin = UserFactory(is_superuser=True)

    answer = switch(super_admin)

    assert answer.status_code == 200
    assert required(place)


# --- Switching one's own factor off ---------------------------------------------------------------------------------


def switch_off(client, user):
    from time import time

    sign_in(client, user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time(), "reauthenticated": True}]
    session["_account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client.post(reverse("mfa_deactivate_totp"))


@pytest.mark.parametrize("asked", [True, False])
def test_a_factor_that_an_agency_asks_for_stays_on(client, member, strict, asked):
    Agency.objects.update(mfa_required=asked)
    give_factor(member)

    answer = switch_off(client, member)

    assert Authenticator.objects.filter(user=member, type="totp").exists() is asked
    assert answer.status_code == (200 if asked else 302)
    if asked:
        assert "so it stays on. Leave the agency first." in answer.content.decode()


def test_memberships_that_wait_are_listed_and_can_be_left(client, member, strict):
    AgencyMemberFactory(agency=strict.agency, role="owner")
    sign_in(client, member)
    kind = "agency" if member.agency_memberships.exists() else "client"
    tenant = strict.agency if kind == "agency" else strict.client

    page = client.get(reverse("webinars:memberships")).content.decode()
    client.post(reverse("webinars:leave", args=[kind, tenant.pk]))

    assert "Counts once you have set up a second factor." in page
    assert not tenant.members.filter(user=member).exists()
    assert client.get("/console/").status_code == 404
