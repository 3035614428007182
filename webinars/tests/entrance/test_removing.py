"""Taking people's places away: registrations, memberships, accounts (spec 3, 13)."""

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from eventflow.api.errors import ApiError
from webinars.addresses.pasted import pasted
from webinars.models import AllowedEmail, AuditEntry, Registration, User
from webinars.realtime.publish import shut_out
from webinars.services.allowed_emails import import_addresses
from webinars.services.campaigns import Submission, enter_campaign, register_entrants
from webinars.services.managers import manager_of
from webinars.services.registrations import register
from webinars.services.removing import remove_registration
from webinars.services.room_roles import change_role
from webinars.tests.factories import (
    AgencyMemberFactory,
    AllowedEmailFactory,
    CampaignEntryFactory,
    CampaignFactory,
    ClientMemberFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)
from webinars.tests.room_events import controls_heard

BACKEND = "django.contrib.auth.backends.ModelBackend"
NOW = timezone.now()


def member_pass(webinar, role="operator"):
    user = ClientMemberFactory(client=webinar.client, role=role).user
    return manager_of(webinar=webinar, user=user, now=NOW).live_pass


@pytest.mark.django_db
def test_a_registration_that_is_removed_is_gone_and_on_record(webinar, attendee):
    other = RegistrationFactory(webinar=webinar)
    host = member_pass(webinar)

    assert remove_registration(live_pass=host, user_id=attendee.pk, now=NOW)
    assert not remove_registration(live_pass=host, user_id=attendee.pk, now=NOW)

    (entry,) = AuditEntry.objects.filter(action="member.removed")
    assert list(Registration.objects.filter(webinar=webinar)) == [other]
    assert (entry.actor_id, entry.webinar_id, entry.subject_id) == (host.user_id, webinar.pk, str(attendee.pk))
    assert entry.details == {"role": "attendee"}


@pytest.mark.django_db
def test_all_their_addresses_leave_the_list_with_them():
    webinar = WebinarFactory(access_policy="email_auth")
    user = RegistrationFactory(webinar=webinar, user__email="Home@Example.com").user
    EmailAddress.objects.create(user=user, email="work@example.com", verified=True)
    for address in ("home@example.com", "work@example.com", "else@example.com"):
        AllowedEmailFactory(webinar=webinar, email=address)
    elsewhere = AllowedEmailFactory(email="home@example.com")

    remove_registration(live_pass=member_pass(webinar), user_id=user.pk, now=NOW)

    kept = AllowedEmail.objects.order_by("email").values_list("webinar", "email")
    assert list(kept) == [(webinar.pk, "else@example.com"), (elsewhere.webinar_id, "home@example.com")]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["analyst", "viewer"])
def test_who_may_not_run_the_webinar_removes_nobody(webinar, attendee, role):
    with pytest.raises(Exception) as refused:
        remove_registration(live_pass=member_pass(webinar, role), user_id=attendee.pk, now=NOW)

    assert refused.value.status_code == 403
    assert Registration.objects.filter(user=attendee).exists()


@pytest.mark.django_db
def test_a_ban_is_not_undone_by_removing(webinar):
    banned = RegistrationFactory(webinar=webinar, banned_at=NOW)

    with pytest.raises(ApiError) as refused:
        remove_registration(live_pass=member_pass(webinar), user_id=banned.user_id, now=NOW)

    assert (refused.value.status_code, refused.value.code) == (409, "wrong_state")
    assert Registration.objects.filter(pk=banned.pk).exists()


@pytest.mark.django_db
def test_members_of_other_tenants_cannot_reach_it(webinar, attendee):
    elsewhere = WebinarFactory()

    assert not remove_registration(live_pass=member_pass(elsewhere), user_id=attendee.pk, now=NOW)
    assert Registration.objects.filter(webinar=webinar, user=attendee).exists()


def shut(controls):
    """(whom, whether the door stays shut, why), in order."""
    return [(told["person"], told["until"] > 0, told.get("removal")) for kind, told in controls if kind == "shut-out"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("open", (False, "access_changed")),
        ("auth", (False, "access_changed")),
        ("name_email_auth", (True, "not_registered")),
        ("email_auth", (True, "not_registered")),
    ],
)
def test_open_pages_are_told_why_and_the_door_stays_shut_where_that_means_something(policy, told):
    webinar = WebinarFactory(access_policy=policy)
    user = RegistrationFactory(webinar=webinar).user
    host = member_pass(webinar)

    with controls_heard(webinar) as controls:
        remove_registration(live_pass=host, user_id=user.pk, now=NOW)

    assert shut(controls) == [(str(user.pk), *told)]


@pytest.mark.django_db(transaction=True)
def test_whoever_registers_again_may_come_in_again(webinar, attendee):
    webinar.access_policy = "name_email_auth"
    webinar.save(update_fields=["access_policy"])
    remove_registration(live_pass=member_pass(webinar), user_id=attendee.pk, now=NOW)

    with controls_heard(webinar) as controls:
        register(webinar=webinar, user=attendee, now=NOW)
        register(webinar=webinar, user=UserFactory(), now=NOW)  # was never shut out

    assert controls == [("let-in", {"person": str(attendee.pk)})]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("again", ["the form", "the campaign"])
def test_the_campaign_opens_the_door_again_but_not_to_the_banned(again):
    campaign = CampaignFactory()
    place = {"client": campaign.client, "access_policy": "name_email_auth", "registration_campaign": campaign}
    webinar, other = WebinarFactory(**place), WebinarFactory(**place)
    entry = CampaignEntryFactory(campaign=campaign)
    registration = RegistrationFactory(webinar=webinar, user=entry.user)
    RegistrationFactory(webinar=other, user=entry.user, banned_at=NOW)
    shut_out(other.pk, entry.user_id)
    remove_registration(live_pass=member_pass(webinar), user_id=registration.user_id, now=NOW)

    with controls_heard(webinar) as controls, controls_heard(other) as nothing:
        if again == "the form":
            sent = Submission(email=entry.email, name="Han", is_proven=True)
            enter_campaign(campaign=campaign, user=entry.user, submission=sent, now=NOW)
        else:
            register_entrants(webinar, now=NOW)
            register_entrants(other, now=NOW)

    assert controls == [("let-in", {"person": str(entry.user_id)})]
    assert nothing == []


@pytest.mark.django_db(transaction=True)
def test_whoever_is_put_on_the_list_again_may_come_in_again(client):
    webinar = WebinarFactory(access_policy="email_auth")
    user = RegistrationFactory(webinar=webinar, user__email="back@example.com").user
    AllowedEmailFactory(webinar=webinar, email="back@example.com")
    host = member_pass(webinar)
    remove_registration(live_pass=host, user_id=user.pk, now=NOW)

    client.force_login(user, backend=BACKEND)
    refused = client.get(f"/webinars/{webinar.slug}/live/")
    import_addresses(webinar=webinar, found=pasted("back@example.com"), source="paste", actor_id=host.user_id, now=NOW)

    with controls_heard(webinar) as controls:
        admitted = client.get(f"/webinars/{webinar.slug}/live/")

    assert (refused.status_code, admitted.status_code) == (403, 200)
    assert controls == [("let-in", {"person": str(user.pk)})]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["deleted", "demoted", "switched off"])
@pytest.mark.parametrize("of", ["agency", "client"])
def test_a_member_whose_rights_change_leaves_the_tenants_open_pages(webinar, of, change):
    other = WebinarFactory()
    factory = AgencyMemberFactory if of == "agency" else ClientMemberFactory
    membership = factory(**{of: getattr(webinar, of)}, role="owner")

    with controls_heard(webinar) as controls, controls_heard(other) as nothing:
        if change == "deleted":
            membership.delete()
        elif change == "demoted":
            membership.role = "viewer"
            membership.save()
        else:
            membership.user.is_active = False
            membership.user.save(update_fields=["is_active"])

    assert shut(controls) == [(str(membership.user_id), False, "access_changed")]
    assert nothing == []


@pytest.mark.django_db(transaction=True)
def test_a_new_member_and_a_new_person_disturb_nobody(webinar):
    with controls_heard(webinar) as controls:
        ClientMemberFactory(client=webinar.client)
        User.objects.create_user("inactive@example.com", is_active=False)

    assert controls == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("role", "leaves"), [("attendee", True), ("moderator", False)])
def test_who_hosts_no_more_leaves_the_open_pages(webinar, role, leaves):
    registration = RegistrationFactory(webinar=webinar, role="presenter")

    with controls_heard(webinar) as controls:
        change_role(registration=registration, role=role, actor_id=UserFactory().pk, now=NOW)

    assert bool(shut(controls)) is leaves
