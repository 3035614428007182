"""An invitation is used once, by its address, while it holds (spec 13)."""

from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from webinars.invitation_links import SALT, invitation_id_of, token_of
from webinars.models import Agency, AgencyMember, AuditEntry, ClientMember, Invitation, User
from webinars.services.erasure import erase_person
from webinars.services.invitations import CannotAccept, Obstacle, accept, resend, revoke
from webinars.tests.at_once import Team
from webinars.tests.console_people import sign_in
from webinars.tests.factories import AgencyMemberFactory, ClientMemberFactory, InvitationFactory, UserFactory
from webinars.tests.organisations.conftest import opened, person, with_factor

PAGE = "/invitations/"


@pytest.fixture
def invitation(place, owner):
    return InvitationFactory(agency=place.agency, client=place.client, email="kim@example.com", invited_by=owner)


@pytest.fixture
def kim(db):
    return person("kim@example.com", "Kim")


def refusal(invitation, user, now=None):
    with pytest.raises(CannotAccept) as caught:
        accept(invitation_id=invitation.pk, user=user, now=now or timezone.now())
    return caught.value.obstacle


def role_of(user, tenant):
    return tenant.members.filter(user=user).values_list("role", flat=True).first()


def test_accepting_makes_a_member_who_may_open_the_console(invitation, place, kim):
    now = timezone.now()

    joined = accept(invitation_id=invitation.pk, user=kim, now=now)

    invitation.refresh_from_db()
    kim.refresh_from_db()
    assert (joined.tenant, joined.role, joined.changed) == (place.client, "operator", True)
    assert (invitation.accepted_at, invitation.accepted_by) == (now, kim)
    assert role_of(kim, place.client) == "operator"
    assert not AgencyMember.objects.filter(user=kim).exists()
    assert kim.is_staff
    assert list(AuditEntry.objects.values_list("action", "actor_id", "client_id", "details")) == [
        ("invitation.accepted", kim.pk, place.client.pk, {"role": "operator"})
    ]


def test_an_invitation_into_the_agency_gives_all_its_clients(place, owner, kim):
    row = InvitationFactory(agency=place.agency, client=None, email="kim@example.com", invited_by=owner)

    accept(invitation_id=row.pk, user=kim, now=timezone.now())

    assert role_of(kim, place.agency) == "operator"


@pytest.mark.parametrize(
    ("held", "after", "changed"),
    [
        ("viewer", "operator", True),
        ("operator", "operator", False),
        ("admin", "admin", False),
        ("owner", "owner", False),
    ],
)
def test_an_invitation_never_lowers(invitation, place, kim, held, after, changed):
    ClientMemberFactory(client=place.client, user=kim, role=held)

    joined = accept(invitation_id=invitation.pk, user=kim, now=timezone.now())

    assert (joined.role, joined.changed, role_of(kim, place.client)) == (after, changed, after)


def test_it_works_once(invitation, kim):
    accept(invitation_id=invitation.pk, user=kim, now=timezone.now())
    ClientMember.objects.filter(user=kim).delete()

    assert refusal(invitation, kim) is Obstacle.ACCEPTED
    assert not ClientMember.objects.filter(user=kim).exists()


def test_not_once_it_was_taken_back(invitation, owner, kim):
    revoke(invitation=invitation, actor=owner, now=timezone.now())

    assert refusal(invitation, kim) is Obstacle.REVOKED


def test_not_from_the_moment_at_which_it_expires(invitation, kim):
    assert refusal(invitation, kim, now=invitation.expires_at) is Obstacle.EXPIRED

    accept(invitation_id=invitation.pk, user=kim, now=invitation.expires_at - timedelta(microseconds=1))


def test_sent_again_the_same_link_works_once_more(invitation, owner, kim):
    later = invitation.expires_at + timedelta(days=3)

    resend(invitation=invitation, inviter=owner, language="en", link_of=lambda _id: "x", now=later)

    assert accept(invitation_id=invitation.pk, user=kim, now=later + timedelta(days=6)).changed


def test_not_once_its_tenant_is_gone(invitation, place, kim):
    place.client.delete()

    assert refusal(invitation, kim) is Obstacle.GONE


LOSSES = {
    "left": lambda owner, agency: AgencyMember.objects.filter(user=owner).delete(),
    "holds less": lambda owner, agency: AgencyMember.objects.filter(user=owner).update(role="operator"),
    "closed": lambda owner, agency: User.objects.filter(pk=owner.pk).update(is_active=False),
    "deleted": lambda owner, agency: owner.delete(),
    "without the second factor": lambda owner, agency: Agency.objects.filter(pk=agency.pk).update(mfa_required=True),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_not_once_whoever_sent_it_could_not_send_it_any_more(invitation, place, owner, kim, loss):
    LOSSES[loss](owner, place.agency)

    assert refusal(invitation, kim) is Obstacle.VOID
    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert not ClientMember.objects.filter(user=kim).exists()


def test_an_admin_who_was_an_owner_makes_no_owners_any_more(place, owner, kim):
    row = InvitationFactory(agency=place.agency, email="kim@example.com", role="owner", invited_by=owner)
    AgencyMember.objects.filter(user=owner).update(role="admin")

    assert refusal(row, kim) is Obstacle.VOID


def test_somebody_else_who_sends_it_again_answers_for_it(invitation, place, owner, kim):
    heir = AgencyMemberFactory(agency=place.agency, role="admin").user
    AgencyMember.objects.filter(user=owner).delete()

    resend(invitation=invitation, inviter=heir, language="en", link_of=lambda _id: "x", now=timezone.now())

    assert accept(invitation_id=invitation.pk, user=kim, now=timezone.now()).changed


def test_only_by_the_invited_address_and_only_once_it_is_proven(invitation, db):
    stranger = person("lee@example.com")
    unproven = UserFactory(email="kim@example.com")
    closed = person("other@example.com", is_active=False)

    assert [refusal(invitation, user) for user in (stranger, unproven, closed)] == [Obstacle.NOT_PROVEN] * 3
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_at_once_one_joins(invitation, kim):
    team = Team(4)

    def come():
        try:
            return accept(invitation_id=invitation.pk, user=kim, now=timezone.now()).changed
        except CannotAccept as refused:
            return refused.obstacle

    came = team.at_once(*[come] * 4)
    team.close()

    assert sorted(map(str, came)) == ["True", *["accepted"] * 3]
    assert ClientMember.objects.filter(user=kim).count() == 1
    assert AuditEntry.objects.filter(action="invitation.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_taken_back_or_accepted_but_never_both(invitation, owner, kim):
    team = Team(2)

    def come():
        try:
            return accept(invitation_id=invitation.pk, user=kim, now=timezone.now()).changed
        except CannotAccept:
            return False

    joined, taken_back = team.at_once(come, lambda: revoke(invitation=invitation, actor=owner, now=timezone.now()))
    team.close()

    assert joined != taken_back
    assert ClientMember.objects.filter(user=kim).exists() is joined


def test_who_is_erased_joins_nothing(invitation, kim):
    erase_person(user_id=kim.pk, now=timezone.now())

    assert refusal(invitation, kim) is Obstacle.NOT_PROVEN


# --- The link -------------------------------------------------------------------------------------------------------


def test_the_link_names_its_invitation(invitation):
    assert invitation_id_of(token_of(invitation.pk)) == invitation.pk


def tampered(token):
    other = signing.Signer(salt="something else").sign(token.partition(":")[0])
    head, _, tail = token.partition(":")
    return [
        f"{'0' * 32}:{tail}", f"{head}:{tail[:-1]}", f"{head}:{tail[::-1]}", head, tail, other, "x", "%00", "a" * 5000,
        "\N{SNOWMAN}:%ED%A0%80", signing.dumps(head, salt=SALT), signing.Signer(salt=SALT).sign("not-an-id"),
    ]  # fmt: skip


@pytest.mark.parametrize("n", range(12))
def test_what_we_never_signed_says_nothing_of_anybody(client, invitation, place, n):
    answer = client.get(f"/invitations/{tampered(token_of(invitation.pk))[n]}/")

    page = answer.content.decode()
    assert answer.status_code == 404
    assert [name for name in (place.client.name, place.agency.name, invitation.email) if name in page] == []
    assert not client.session.keys()


def test_the_secret_leaves_the_address_at_once(client, invitation):
    answer = client.get(reverse("webinars:open-invitation", args=[token_of(invitation.pk)]))

    assert (answer.status_code, answer.url) == (302, PAGE)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "delete", "options"])
def test_opening_the_link_changes_nothing(client, invitation, kim, method):
    sign_in(client, kim)

    answer = getattr(client, method)(reverse("webinars:open-invitation", args=[token_of(invitation.pk)]))

    invitation.refresh_from_db()
    assert answer.status_code == 302
    assert invitation.accepted_at is None


def test_no_log_line_has_the_secret(client, invitation, caplog, monkeypatch):
    """Also where the server fails at that very address."""
    import logging

    from django.contrib.sessions.backends.cached_db import SessionStore

    from eventflow.logs import JsonFormatter

    token = token_of(invitation.pk)
    url = reverse("webinars:open-invitation", args=[token])
    with caplog.at_level(logging.DEBUG):
        client.get(url)
        client.post(f"{url}nonsense/")
        monkeypatch.setattr(SessionStore, "save", _fails)
        client.raise_request_exception = False
        client.get(url)

    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert len(lines) > 1
    assert [line for line in lines if token.partition(":")[2] in line] == []


def _fails(*args, **kwargs):
    from django.db import OperationalError

    raise OperationalError("the database is away")


# --- The page -------------------------------------------------------------------------------------------------------


def test_a_stranger_reads_who_invites_to_what_and_gets_a_code(client, invitation):
    answer = opened(client, invitation)

    page = answer.content.decode()
    for words in (
        "Join Narae Foods",
        "Han Jiwon",
        "owner@example.com",
        "Operator",
        "kim@example.com",
        "Send the code",
    ):
        assert words in page
    asked = client.post(PAGE, {"invitation": str(invitation.pk)})
    assert (asked.status_code, asked.url) == (302, f"{reverse('account_confirm_login_code')}?next=/invitations/")


def test_from_the_mail_into_the_console(client, invitation, place, mailoutbox):
    opened(client, invitation)
    asked = client.post(PAGE, {"invitation": str(invitation.pk)})
    code = next(line for line in mailoutbox[-1].body.splitlines() if line.isupper() and " " not in line)

    proved = client.post(asked.url, {"code": code})
    assert proved.url == PAGE
    assert "Accept the invitation" in client.get(PAGE).content.decode()
    accepted = client.post(PAGE, {"invitation": str(invitation.pk)}, follow=True)

    assert [str(message) for message in accepted.context["messages"]][-1] == (
        "You have joined Narae Foods. Your role: Operator."
    )
    assert accepted.request["PATH_INFO"] == "/console/"
    assert role_of(User.objects.get(email="kim@example.com"), place.client) == "operator"


def test_nobody_gets_an_account_before_they_ask_for_a_code(client, invitation):
    before = set(User.objects.values_list("email", flat=True))

    opened(client, invitation)

    assert set(User.objects.values_list("email", flat=True)) == before


def test_who_is_signed_in_with_the_address_accepts(client, invitation, place, kim):
    sign_in(client, kim)

    assert "Accept the invitation" in opened(client, invitation).content.decode()
    client.post(PAGE, {"invitation": str(invitation.pk)})

    assert role_of(kim, place.client) == "operator"


def test_who_is_signed_in_as_somebody_else_is_told_and_may_switch(client, invitation, place):
    lee = person("lee@example.com")
    sign_in(client, lee)

    page = opened(client, invitation).content.decode()
    answer = client.post(PAGE, {"invitation": str(invitation.pk)})

    assert "You are signed in as lee@example.com, but kim@example.com was invited." in page
    assert answer.url == f"{reverse('account_confirm_login_code')}?next=/invitations/"
    assert "_auth_user_id" not in client.session
    assert role_of(lee, place.client) is None
    assert "Join Narae Foods" in client.get(PAGE).content.decode()


def test_a_form_of_another_invitation_joins_nothing(client, invitation, place, owner, kim):
    other = InvitationFactory(agency=place.agency, client=place.sister, email="kim@example.com", invited_by=owner)
    sign_in(client, kim)
    opened(client, invitation)
    opened(client, other)

    answer = client.post(PAGE, {"invitation": str(invitation.pk)})

    assert "Join Sister Co" in answer.content.decode()
    assert not ClientMember.objects.filter(user=kim).exists()


def test_accepting_takes_the_token_of_the_form(invitation, kim):
    from django.test import Client

    browser = sign_in(Client(enforce_csrf_checks=True), kim)
    opened(browser, invitation)

    assert browser.post(PAGE, {"invitation": str(invitation.pk)}).status_code == 403
    assert not ClientMember.objects.filter(user=kim).exists()


ENDINGS = {
    "accepted": ({"accepted_at": timezone.now()}, "This invitation has been used"),
    "revoked": ({"revoked_at": timezone.now()}, "This invitation was taken back"),
    "expired": (
        {"created_at": timezone.now() - timedelta(days=8), "expires_at": timezone.now() - timedelta(days=1)},
        "This invitation has expired",
    ),
    "void": ({"invited_by": None}, "This invitation no longer holds"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("who", ["stranger", "kim"])
def test_what_is_over_says_what_to_do_and_no_names(client, invitation, place, kim, ending, who):
    changes, heading = ENDINGS[ending]
    Invitation.objects.filter(pk=invitation.pk).update(**changes)
    if who == "kim":
        sign_in(client, kim)

    answer = opened(client, invitation)
    page = answer.content.decode()

    assert answer.status_code == 410
    assert heading in page
    assert "ask" in page.lower()
    secrets = (place.client.name, place.agency.name, "owner@example.com")
    assert [name for name in secrets if name in page] == []
    assert client.post(PAGE, {"invitation": str(invitation.pk)}).status_code == 410


def test_it_expires_by_the_clock(client, invitation, kim, time_machine):
    sign_in(client, kim)
    opened(client, invitation)
    time_machine.move_to(invitation.expires_at + timedelta(seconds=1))
    sign_in(client, kim)
    opened(client, invitation)

    answer = client.post(PAGE, {"invitation": str(invitation.pk)})

    assert answer.status_code == 410
    assert not ClientMember.objects.filter(user=kim).exists()


def test_whoever_joined_is_told_so_by_the_same_link(client, invitation, kim):
    sign_in(client, kim)
    opened(client, invitation)
    client.post(PAGE, {"invitation": str(invitation.pk)})

    assert "You have joined Narae Foods" in opened(client, invitation).content.decode()


@pytest.mark.parametrize("kept", [None, "", "nonsense", 7, ["x"], "00000000-0000-4000-8000-000000000000"])
def test_without_an_invitation_the_page_says_where_to_find_it(client, db, kept):
    session = client.session
    session["invitation"] = kept
    session.save()

    answer = client.get(PAGE)

    assert answer.status_code == 404
    assert "Open the link in your mail once more." in answer.content.decode()


def test_a_member_who_needs_a_second_factor_is_led_to_it_after_joining(client, invitation, place, owner, kim):
    with_factor(owner)
    Agency.objects.filter(pk=place.agency.pk).update(mfa_required=True)
    sign_in(client, kim)
    opened(client, invitation)

    answer = client.post(PAGE, {"invitation": str(invitation.pk)}, follow=True)

    assert answer.request["PATH_INFO"] == "/accounts/second-factor/"
    assert "Onair Studio" in answer.content.decode()
