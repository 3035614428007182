"""After erasing a person nothing of them is left in any table, and every total is what it was (spec 5, Retention)."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from presence.selectors.ledger import person_figures
from presence.sql.ledger import frame_of
from presence.tests.factories import PresenceFactory, SessionFactory
from stats.models import Export, SealedAttendance
from stats.sections import SECTIONS
from stats.tests.factories import AccessLogFactory
from stats.tests.sealed import seal_rows
from webinars.models import AuditEntry, ChatRoom, QuestionRoom
from webinars.services.erasure import erase_person
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    MessageFactory,
    QuestionFactory,
    QuestionVoteFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db

# Whatever says who it was, in lower case: addresses, name, accounts, secrets, where from, what was said.
MARKS = (
    "hidden.example", "zzyzx", "kakao-998877", "totp-secret", "token-secret", "203.0.113.77", "secretbrowser",
    "from-their-mail", "010-9999-8888", "a-word-of-theirs", "salt-of-theirs",
)  # fmt: skip
DEVICES = {20: "Android 16; Mobile", 40: "iPad"}
GONE = {
    "account_emailaddress": 1,
    "account_emailconfirmation": 1,
    "agency_members": 1,
    "client_members": 1,
    "django_session": 1,
    "mfa_authenticator": 1,
    "socialaccount_socialaccount": 1,
    "socialaccount_socialtoken": 1,
}


@pytest.fixture
def past():
    """A webinar of an hour that is over and sealed."""
    start = timezone.now().replace(microsecond=0) - timedelta(days=2)
    return WebinarFactory(
        state="ended", webinar_start_time=start, webinar_actual_end_time=start + timedelta(hours=1), language="en"
    )


@pytest.fixture
def person(past):
    """Who left a trace wherever one can be left, with somebody else beside them."""
    person, other = UserFactory(email="Zzyzx@Hidden.example", display_name="Zzyzx Kim", password="x"), UserFactory()
    start = past.webinar_start_time
    ChatRoom.objects.create(webinar=past, last_seq=1000)
    QuestionRoom.objects.create(webinar=past, last_seq=1000, last_changed_seq=1000)
    for user, answers in ((person, {"phone": "010-9999-8888"}), (other, {"phone": "kept"})):
        AgencyMemberFactory(user=user, agency=past.agency)
        ClientMemberFactory(user=user, client=past.client)
        RegistrationFactory(webinar=past, user=user, answers=answers)
        PresenceFactory(webinar=past, user=user, joined_at=start)
        MessageFactory(webinar=past, user=user, body="a-word-of-theirs" if user is person else "kept")
        question = QuestionFactory(
            webinar=past, user=user, body="a-word-of-theirs?" if user is person else "kept?", status="answered",
            answer=f"That is right, {user.display_name}.", answered_live=False,
        )  # fmt: skip
        QuestionVoteFactory(question=question, user=user)
        for minutes in (20, 40):
            end = start + timedelta(minutes=minutes)
            where_from = {
                "user_agent": f"SecretBrowser/9 {DEVICES[minutes]}",
                "referrer": "https://x.example/from-their-mail",
                "ip_address": "203.0.113.77",
            }
            SessionFactory(
                webinar=past, user=user, entered_at=start, last_heartbeat_at=end, exited_at=end, closed_reason="exit",
                **(where_from if user is person else {}),
            )  # fmt: skip
    second = EmailAddress.objects.create(user=person, email="second@hidden.example")
    EmailConfirmation.create(second).save()
    Authenticator.objects.create(user=person, type="totp", data={"secret": "totp-secret"})
    account = SocialAccount.objects.create(
        user=person, provider="kakao", uid="kakao-998877", extra_data={"nickname": "Zzyzx"}
    )
    SocialToken.objects.create(account=account, token="token-secret", token_secret="token-secret")
    Client().force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    LogEntry.objects.create(
        user=other, content_type=ContentType.objects.get_for_model(person), object_id=str(person.pk),
        object_repr="Zzyzx@Hidden.example", action_flag=CHANGE, change_message="[]",
    )  # fmt: skip
    return person


@pytest.fixture
def sealed(past, person):
    """Rows of the person and of another; the seal was made by the person."""
    identity = {"display_name": "Zzyzx Kim", "email": "zzyzx@hidden.example", "identity_salt": "salt-of-theirs"}
    return seal_rows(
        past,
        [
            {"user_id": person.pk, **identity, "connected_seconds": 3600, "unique_seconds": 2400},
            {"user_id": UserFactory().pk, "display_name": "Kept", "email": "kept@example.com", "identity_salt": "s"},
        ],
        author=person,
    )


def columns():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        )
        return cursor.fetchall()


def traces():
    """Where any of the marks stands: every column of every table, and what sessions hold packed."""
    found = set()
    with connection.cursor() as cursor:
        for table, column in columns():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE lower("{column}"::text) LIKE ANY (%s)',
                [[f"%{mark}%" for mark in MARKS]],
            )
            if cursor.fetchone()[0]:
                found.add((table, column))
    return found


def counts():
    with connection.cursor() as cursor:
        sizes = {}
        for table in sorted({table for table, _column in columns()}):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            sizes[table] = cursor.fetchone()[0]
        return sizes


def without_identity(rows):
    return [{name: value for name, value in row.items() if name not in IDENTITY} for row in rows]


IDENTITY = ("user_id", "display_name", "email", "identity_salt")


def test_nothing_is_left_and_every_total_stays(past, person, sealed):
    frame = frame_of(past, now=timezone.now())
    traces_before, counts_before = traces(), counts()
    figures_before = list(person_figures(frame))
    sealed_before = list(SealedAttendance.objects.order_by("row").values())

    erase_person(user_id=person.pk, now=timezone.now())

    assert {table for table, _column in traces_before} >= {
        "users", "registrations", "messages", "questions", "webinar_user_sessions", "sealed_attendance",
        "django_admin_log", "account_emailaddress", "mfa_authenticator", "socialaccount_socialaccount",
        "socialaccount_socialtoken",
    }  # fmt: skip
    assert traces() == set()
    assert not any(str(person.pk) in str(session.get_decoded()) for session in Session.objects.all())
    left = {table: size - counts()[table] for table, size in counts_before.items() if size != counts()[table]}
    assert left == {**GONE, "audit_log": -1}
    assert AuditEntry.objects.filter(action="person.erased", subject_id=str(person.pk)).exists()
    assert list(person_figures(frame)) == figures_before
    sealed_after = list(SealedAttendance.objects.order_by("row").values())
    assert without_identity(sealed_after) == without_identity(sealed_before)
    assert [sealed_after[0][name] for name in IDENTITY] == [None, "", "", ""]
    assert sealed_after[1] == sealed_before[1]


def test_every_section_of_the_statistics_says_what_it_said(past, person):
    AccessLogFactory(webinar=past, time_bucket=past.webinar_start_time)
    before = sections(past)

    erase_person(user_id=person.pk, now=timezone.now())

    assert sections(past) == before
    assert before["chat"]["messages"] == 2
    assert before["sessions"]["devices"] == {"computer": 0, "phone": 1, "tablet": 1, "unknown": 2}


def sections(webinar):
    now = webinar.webinar_actual_end_time + timedelta(days=1)
    return {name: section.figures(webinar, now, False) for name, section in SECTIONS.items()}


def test_what_others_left_stays(past, person, sealed):
    kept = "\n".join(str(row) for row in others_rows(person))

    erase_person(user_id=person.pk, now=timezone.now())

    assert "\n".join(str(row) for row in others_rows(person)) == kept


def others_rows(person):
    """Every row of a table with a `user_id` that is not the person's."""
    with connection.cursor() as cursor:
        for table, column in sorted(columns()):
            if column == "user_id":
                cursor.execute(f'SELECT t::text FROM "{table}" t WHERE user_id <> %s ORDER BY 1', [person.pk])
                yield from ((table, row) for (row,) in cursor.fetchall() if table != "django_admin_log")


def test_files_that_name_the_person_can_be_fetched_no_longer(past, person):
    now = timezone.now()
    elsewhere = WebinarFactory()

    def export(webinar, requester, *, personal=True):
        return Export.objects.create(
            webinar=webinar, client=webinar.client, agency=webinar.agency, requested_by=requester, format="csv",
            language="ko", personal=personal, expires_at=now + timedelta(hours=1),
        )  # fmt: skip

    other = UserFactory()
    naming, asked = export(past, other), export(elsewhere, person, personal=False)
    totals, unrelated = export(past, other, personal=False), export(elsewhere, other)

    erase_person(user_id=person.pk, now=now)

    kept = set(Export.objects.kept(now).values_list("pk", flat=True))
    assert kept == {totals.pk, unrelated.pk}
    assert {naming.pk, asked.pk}.isdisjoint(kept)


def test_a_dry_run_changes_nothing(past, person, sealed, capsys):
    before = traces(), counts()

    call_command("erase_person", "zzyzx@hidden.example", "--dry-run")

    assert (traces(), counts()) == before
    assert "  sealed rows: 1" in capsys.readouterr().out.splitlines()
