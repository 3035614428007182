"""What this app keeps no longer: lists, reports, invitations, accounts that nobody used, sign-ins (spec 5)."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from webinars.addresses.pasted import pasted
from webinars.models import (
    AllowedEmail,
    AllowedEmailImport,
    AllowedEmailLine,
    CampaignEntry,
    Invitation,
    Registration,
    User,
    Webinar,
)
from webinars.services import retention
from webinars.services.allowed_emails import import_addresses
from webinars.services.erasure import erase_person
from webinars.services.people import person_by_address
from webinars.tests.factories import (
    AgencyMemberFactory,
    AllowedEmailFactory,
    CampaignEntryFactory,
    ClientMemberFactory,
    InvitationFactory,
    MessageFactory,
    QuestionFactory,
    QuestionVoteFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def run(part):
    """How many were due, how many went, and how many go the second time."""
    count, prune = retention.PARTS[part]
    return count(NOW), prune(NOW), prune(NOW)


def ended(days, **options):
    end = NOW - timedelta(days=days)
    return WebinarFactory(
        state="ended", access_policy="email_auth", webinar_start_time=end - timedelta(hours=1),
        webinar_actual_end_time=end, post_window_minutes=30, **options,
    )  # fmt: skip


def test_lists_go_90_days_after_the_collect_window():
    just_over, kept = ended(90 + 1 / 24), ended(90)
    running = WebinarFactory(webinar_start_time=NOW - timedelta(days=200), webinar_scheduled_end_time=None)
    for webinar in (just_over, kept, running):
        AllowedEmailFactory.create_batch(3, webinar=webinar)

    assert run("allowed_emails") == (3, 3, 0)
    assert set(AllowedEmail.objects.values_list("webinar", flat=True)) == {kept.pk, running.pk}


def test_the_settings_say_how_long(settings):
    settings.ALLOWED_EMAIL_RETENTION_DAYS = settings.INVITATION_RETENTION_DAYS = 1
    AllowedEmailFactory(webinar=ended(2))
    InvitationFactory(created_at=NOW - timedelta(days=9), expires_at=NOW - timedelta(days=2))

    assert (run("allowed_emails")[0], run("invitations")[0]) == (1, 1)


def test_reports_go_after_a_day_and_the_addresses_stay():
    webinar = WebinarFactory()
    for hours in (25, 23):
        import_addresses(
            webinar=webinar, found=pasted(f"a{hours}@x.com\nnonsense"), source="paste", actor_id=None,
            now=NOW - timedelta(hours=hours),
        )  # fmt: skip

    assert run("import_reports") == (1, 1, 0)
    assert (AllowedEmailImport.objects.count(), AllowedEmailLine.objects.count()) == (1, 1)
    assert AllowedEmail.objects.count() == 2


def test_batches_are_bounded_and_reach_the_end(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    AllowedEmailFactory.create_batch(5, webinar=ended(100))
    import_addresses(
        webinar=WebinarFactory(), found=pasted("x\n" * 5), source="paste", actor_id=None, now=NOW - timedelta(days=2)
    )
    UserFactory.create_batch(5, date_joined=NOW - timedelta(days=8))

    assert [run(part) for part in ("allowed_emails", "import_reports", "unused_accounts")] == [
        (5, 5, 0),
        (1, 1, 0),
        (5, 5, 0),
    ]


def test_invitations_go_30_days_after_they_ended():
    long_ago, lately = NOW - timedelta(days=31), NOW - timedelta(days=29)
    sent = {"created_at": NOW - timedelta(days=60)}
    for moment in (long_ago, lately):
        InvitationFactory(**sent, expires_at=moment)
        InvitationFactory(**sent, accepted_at=moment, accepted_by=UserFactory())
        InvitationFactory(**sent, revoked_at=moment)
    InvitationFactory()

    assert run("invitations") == (3, 3, 0)
    assert Invitation.objects.count() == 4


def test_what_people_wrote_to_register_goes_when_it_is_set_to(settings):
    def entry(*webinars, **options):
        made = CampaignEntryFactory(phone="010-1", answers=[{"label": "Why", "answer": "so"}], **options)
        for webinar in webinars:
            Webinar.objects.filter(pk=webinar.pk).update(
                registration_campaign=made.campaign, client=made.client, agency=made.agency
            )
        CampaignEntry.objects.filter(pk=made.pk).update(updated_at=NOW - timedelta(days=100))
        return made

    over, coming = [ended(32) for _ in range(4)], [WebinarFactory(webinar_start_time=NOW) for _ in range(2)]
    goes = entry(over[0], over[1])
    stays = [entry(over[2], coming[0]), entry(coming[1]), entry()]
    lately = entry(over[3])
    CampaignEntry.objects.filter(pk=lately.pk).update(updated_at=NOW - timedelta(days=2))
    for webinar in (over[0], coming[0]):
        webinar.refresh_from_db()
        RegistrationFactory(webinar=webinar, answers={"why": "so"})
    Registration.objects.update(updated_at=NOW - timedelta(days=100))

    off = run("answers")
    settings.REGISTRATION_RETENTION_DAYS = 30

    assert (off, run("answers")) == ((0, 0, 0), (2, 2, 0))
    kept = CampaignEntry.objects.exclude(phone="").exclude(answers=[])
    assert {one.pk for one in kept} == {one.pk for one in (*stays, lately)}
    goes.refresh_from_db()
    assert (goes.phone, goes.answers, bool(goes.name)) == ("", [], True)
    assert list(Registration.objects.exclude(answers={}).values_list("webinar", flat=True)) == [coming[0].pk]


def unused(**options):
    """As typing an address leaves it."""
    person = person_by_address(options.pop("email", "typed@x.com"), name="", now=NOW - timedelta(days=8))
    User.objects.filter(pk=person.pk).update(**options)
    return person


def test_accounts_that_nobody_proved_or_used_go_after_a_week():
    old, young = unused(email="old@x.com"), unused(email="young@x.com", date_joined=NOW - timedelta(days=6))
    EmailConfirmation.create(EmailAddress.objects.get(user=old)).save()

    assert run("unused_accounts") == (1, 1, 0)
    assert list(User.objects.all()) == [young]
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["young@x.com"]


def verified(person):
    EmailAddress.objects.filter(user=person).update(verified=True)


@pytest.mark.parametrize(
    "use",
    [
        verified,
        lambda person: User.objects.filter(pk=person.pk).update(last_login=NOW),
        lambda person: User.objects.filter(pk=person.pk).update(is_staff=True),
        lambda person: User.objects.filter(pk=person.pk).update(is_superuser=True),
        lambda person: AgencyMemberFactory(user=person),
        lambda person: ClientMemberFactory(user=person),
        lambda person: RegistrationFactory(user=person),
        lambda person: CampaignEntryFactory(user=person),
        lambda person: MessageFactory(user=person, author_name="Kim"),
        lambda person: QuestionFactory(user=person, asker_name="Kim"),
        lambda person: QuestionVoteFactory(user=person),
        lambda person: InvitationFactory(invited_by=person),
        lambda person: LogEntry.objects.create(user=person, action_flag=1, object_repr="x"),
        lambda person: UserSession.objects.create(user=person, ip="127.0.0.1", session_key="x" * 40, user_agent=""),
        lambda person: erase_person(user_id=person.pk, now=NOW),
    ],
)
def test_whoever_left_any_trace_stays(use):
    person = unused()
    use(person)

    assert run("unused_accounts") == (0, 0, 0)
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_used_at_this_very_instant_stays(monkeypatch):
    person, found = unused(), retention.unused_accounts

    def then_registers(now):
        people = list(found(now).values_list("pk", flat=True))
        RegistrationFactory(user=person)
        return User.objects.filter(pk__in=people)

    monkeypatch.setattr(retention, "unused_accounts", then_registers)

    assert retention.prune_unused_accounts(NOW) == 0
    assert (User.objects.filter(pk=person.pk).exists(), EmailAddress.objects.count()) == (True, 1)


def test_sign_ins_that_ran_out_go_with_where_they_were():
    people = [UserFactory(), UserFactory()]
    keys = []
    for person in people:
        browser = Client()
        browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        keys.append(browser.session.session_key)
        UserSession.objects.update_or_create(
            user=person, session_key=keys[-1], defaults={"ip": "203.0.113.7", "user_agent": "Browser"}
        )
    Session.objects.filter(pk=keys[0]).update(expire_date=NOW - timedelta(minutes=1))

    assert run("sign_ins") == (1, 1, 0)
    assert list(Session.objects.values_list("pk", flat=True)) == keys[1:]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == keys[1:]
