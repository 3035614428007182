"""Who may invite whom into what, and what becomes of each address (spec 13)."""

import socket
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from webinars.models import Agency, AuditEntry, Invitation, User
from webinars.services.invitations import CannotCount, Outcome, invite, resend, revoke
from webinars.tests.at_once import Team
from webinars.tests.factories import AgencyMemberFactory, ClientMemberFactory, UserFactory
from webinars.tests.organisations.conftest import person, with_factor

NOW = timezone.now()
LINK = "https://eventflow.example/invitations/secret/"


def ask(tenant, inviter, *emails, role="operator", now=NOW, language="en"):
    return invite(
        tenant=tenant,
        emails=emails or ["kim@example.com"],
        role=role,
        inviter=inviter,
        language=language,
        link_of=lambda _id: LINK,
        now=now,
    )


def outcomes(invited):
    return [one.outcome for one in invited]


def test_an_invitation_is_mailed_and_on_record(place, owner):
    people = User.objects.count()

    invited = ask(place.client, owner, "Kim@Example.com")

    row = Invitation.objects.get()
    assert outcomes(invited) == [Outcome.SENT]
    assert (row.agency, row.client, row.email, row.role, row.invited_by) == (
        place.agency, place.client, "kim@example.com", "operator", owner,
    )  # fmt: skip
    assert row.expires_at - row.created_at == timedelta(days=7)
    assert [(entry.action, entry.actor_id, entry.client_id, entry.details) for entry in AuditEntry.objects.all()] == [
        ("invitation.sent", owner.pk, place.client.pk, {"role": "operator"})
    ]
    assert User.objects.count() == people
    letter = mail.outbox[0]
    assert (letter.to, letter.subject) == (["kim@example.com"], "Invitation to Narae Foods")
    for words in (LINK, "Han Jiwon (owner@example.com)", "Narae Foods", "Operator"):
        assert words in letter.body


def test_the_mail_is_in_the_language_that_was_chosen(place, owner):
    from django.utils import translation
    from django.utils.translation import gettext

    ask(place.client, owner, language="ko")

    with translation.override("ko"):
        assert mail.outbox[0].body.startswith(gettext("Hello,"))
        assert gettext("Operator") in mail.outbox[0].body


def test_a_name_cannot_write_headers_of_the_mail(place, owner):
    Agency.objects.filter(pk=place.agency.pk).update(name="Onair\r\nBcc: everybody@example.com")
    place.agency.refresh_from_db()

    ask(place.agency, owner)

    assert mail.outbox[0].subject == "Invitation to Onair Bcc: everybody@example.com"
    assert mail.outbox[0].recipients() == ["kim@example.com"]


# Role held where -> the roles that may be given in (agency, client, sister, far).
EVERY = {"owner", "admin", "operator", "analyst", "viewer"}
BELOW_OWNER = EVERY - {"owner"}
GIVES = {
    ("agency", "owner"): (EVERY, EVERY, EVERY, set()),
    ("agency", "admin"): (BELOW_OWNER, BELOW_OWNER, BELOW_OWNER, set()),
    ("client", "owner"): (set(), EVERY, set(), set()),
    ("client", "admin"): (set(), BELOW_OWNER, set(), set()),
    **{(kind, role): (set(),) * 4 for kind in ("agency", "client") for role in ("operator", "analyst", "viewer")},
    ("nowhere", ""): (set(),) * 4,
}


@pytest.mark.parametrize(("kind", "held"), GIVES)
def test_everybody_gives_up_to_their_own_role_and_only_where_they_hold_it(place, settings, kind, held):
    settings.INVITATIONS_PER_ADDRESS_HOUR = 100
    inviter = UserFactory()
    if kind == "agency":
        AgencyMemberFactory(agency=place.agency, user=inviter, role=held)
    if kind == "client":
        ClientMemberFactory(client=place.client, user=inviter, role=held)

    given = []
    for tenant in (place.agency, place.client, place.sister, place.far):
        given.append(set())
        for role in EVERY:
            try:
                ask(tenant, inviter, f"{role}@example.com", role=role)
            except PermissionDenied:
                continue
            given[-1].add(role)

    assert tuple(given) == GIVES[kind, held]
    assert Invitation.objects.count() == sum(len(roles) for roles in given)


def test_a_super_admin_invites_anywhere(place):
    assert outcomes(ask(place.far, UserFactory(is_superuser=True), role="owner")) == [Outcome.SENT]


@pytest.mark.parametrize("why", ["inactive", "without the second factor"])
def test_who_counts_for_nothing_invites_nobody(place, owner, why):
    if why == "inactive":
        owner.is_active = False
        owner.save()
    else:
        Agency.objects.update(mfa_required=True)

    with pytest.raises(PermissionDenied):
        ask(place.client, owner)

    assert (Invitation.objects.count(), mail.outbox) == (0, [])


def test_the_second_factor_makes_it_right(place, owner):
    Agency.objects.update(mfa_required=True)

    assert outcomes(ask(place.client, with_factor(owner))) == [Outcome.SENT]


def test_the_same_address_again_renews_the_invitation(place, owner, client_owner):
    ask(place.client, owner)
    first = Invitation.objects.get()

    invited = ask(place.client, client_owner, now=NOW + timedelta(days=9))

    again = Invitation.objects.get()
    assert outcomes(invited) == [Outcome.SENT_AGAIN]
    assert (again.pk, again.invited_by) == (first.pk, client_owner)
    assert again.expires_at == NOW + timedelta(days=16)
    assert len(mail.outbox) == 2


def test_another_role_takes_the_first_mail_back(place, owner):
    ask(place.client, owner, role="viewer")

    invited = ask(place.client, owner, role="admin")

    assert outcomes(invited) == [Outcome.SENT]
    rows = Invitation.objects.order_by("role").values_list("role", "revoked_at")
    assert list(rows) == [("admin", None), ("viewer", NOW)]
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "invitation.sent",
        "invitation.revoked",
        "invitation.sent",
    ]


def test_an_admin_cannot_touch_the_invitation_of_an_owner(place, client_owner, client_admin):
    ask(place.client, client_owner, role="owner")
    row = Invitation.objects.get()

    assert outcomes(ask(place.client, client_admin, role="viewer")) == [Outcome.OWNERS_ONLY]
    for act in (
        lambda: revoke(invitation=row, actor=client_admin, now=NOW),
        lambda: resend(invitation=row, inviter=client_admin, language="en", link_of=lambda _id: LINK, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            act()

    assert list(Invitation.objects.values_list("role", "revoked_at")) == [("owner", None)]


@pytest.mark.parametrize(
    ("held", "outcome"), [("viewer", Outcome.SENT), ("operator", Outcome.MEMBER), ("owner", Outcome.MEMBER)]
)
def test_a_member_is_invited_only_to_a_higher_role(place, owner, held, outcome):
    ClientMemberFactory(client=place.client, user=person("kim@example.com"), role=held)

    assert outcomes(ask(place.client, owner)) == [outcome]


def test_what_was_taken_back_or_accepted_is_not_sent_again(place, owner):
    ask(place.client, owner)
    row = Invitation.objects.get()

    assert revoke(invitation=row, actor=owner, now=NOW) is True
    assert revoke(invitation=row, actor=owner, now=NOW) is False
    row.refresh_from_db()
    again = resend(invitation=row, inviter=owner, language="en", link_of=lambda _id: LINK, now=NOW)

    assert again.outcome is Outcome.CLOSED
    assert len(mail.outbox) == 1
    assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1


@pytest.mark.parametrize("limit", ["INVITATIONS_PER_PERSON_HOUR", "INVITATIONS_PER_AGENCY_HOUR"])
def test_so_many_in_an_hour(place, owner, settings, limit):
    setattr(settings, limit, 2)

    invited = ask(place.client, owner, "a@example.com", "b@example.com", "c@example.com")

    assert outcomes(invited) == [Outcome.SENT, Outcome.SENT, Outcome.LIMITED]
    assert 3590 < invited[2].wait_seconds <= 3600
    assert len(mail.outbox) == Invitation.objects.count() == 2


def test_an_agency_and_its_clients_are_counted_together(place, owner, client_owner, settings):
    settings.INVITATIONS_PER_AGENCY_HOUR = 1
    ask(place.agency, owner, "a@example.com")

    assert outcomes(ask(place.client, client_owner, "b@example.com")) == [Outcome.LIMITED]


def test_a_mailbox_is_nobodys_to_fill(place, owner, settings):
    settings.INVITATIONS_PER_ADDRESS_HOUR = 1
    rival = AgencyMemberFactory(role="owner")
    ask(place.client, owner)

    assert outcomes(ask(rival.agency, rival.user, "KIM@example.com ")) == [Outcome.LIMITED]
    assert len(mail.outbox) == 1


def test_nobody_is_invited_uncounted(place, owner, redis_away):
    with pytest.raises(CannotCount):
        ask(place.client, owner)

    assert (Invitation.objects.count(), mail.outbox) == (0, [])


class MailServer:
    """Answers as told, on a port of its own: a real server that is not well."""

    def __init__(self, talk):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.talk, self.calls = talk, 0
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.listening.getsockname()[1]

    def _serve(self):
        held = []
        while True:
            try:
                caller, _address = self.listening.accept()
            except OSError:
                return
            self.calls += 1
            held.append(caller)
            self.talk(caller)

    def close(self):
        self.listening.close()


def refuse_one(caller):
    """A mail server that knows no bad@example.com."""
    with caller, caller.makefile("rwb", buffering=0) as lines:
        lines.write(b"220 here\r\n")
        in_data = False
        for line in lines:
            word = line.strip().upper()
            if in_data:
                in_data = word != b"."
                if in_data:
                    continue
            if word == b"DATA":
                in_data = True
                lines.write(b"354 go on\r\n")
            elif b"BAD@" in word and word.startswith(b"RCPT"):
                lines.write(b"550 nobody of that name\r\n")
            else:
                lines.write(b"250 ok\r\n")
                if word == b"QUIT":
                    return


@pytest.fixture
def mail_server(settings):
    servers = []

    def start(talk):
        server = MailServer(talk)
        servers.append(server)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 1
        return server

    yield start
    for server in servers:
        server.close()


def test_a_mail_server_that_says_nothing_is_waited_for_once(place, owner, mail_server):
    server = mail_server(lambda caller: None)

    invited = ask(place.client, owner, "a@example.com", "b@example.com", "c@example.com")

    assert outcomes(invited) == [Outcome.NOT_MAILED] * 3
    assert server.calls == 1
    assert Invitation.objects.filter(accepted_at=None, revoked_at=None).count() == 3


def test_no_mail_server_at_all_is_told(place, owner, mail_server):
    mail_server(lambda caller: None).close()

    assert outcomes(ask(place.client, owner)) == [Outcome.NOT_MAILED]


def test_a_refused_address_stops_no_other(place, owner, mail_server):
    mail_server(refuse_one)

    invited = ask(place.client, owner, "a@example.com", "bad@example.com", "c@example.com")

    assert outcomes(invited) == [Outcome.SENT, Outcome.NOT_MAILED, Outcome.SENT]


@pytest.mark.django_db(transaction=True)
def test_one_address_that_several_invite_at_once_has_one_invitation(place, owner, client_owner, client_admin):
    team = Team(3)

    invited = team.at_once(
        *[lambda inviter=inviter: ask(place.client, inviter) for inviter in (owner, client_owner, client_admin)]
    )
    team.close()

    assert sorted(outcome for each in invited for outcome in outcomes(each)) == ["sent", "sent_again", "sent_again"]
    assert Invitation.objects.count() == 1
    assert len(mail.outbox) == 3
