"""A person who left something in every table that can hold a person, and how to look for it."""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession as SignIn
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from presence.tests.factories import PresenceFactory, SessionFactory
from stats.models import Export
from stats.tests.sealed import seal_rows
from webinars.addresses.pasted import pasted
from webinars.models import ChatRoom, ConsentGiven, QuestionRoom, User, Webinar
from webinars.services import audit
from webinars.services.allowed_emails import import_addresses
from webinars.tests.factories import (
    AgencyMemberFactory,
    AllowedEmailFactory,
    CampaignEntryFactory,
    CampaignFactory,
    ClientMemberFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    InvitationFactory,
    MessageFactory,
    QuestionFactory,
    QuestionVoteFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

# Whatever says who it was, in lower case.
MARKS = (
    "hidden.example", "zzyzx", "kakao-998877", "totp-secret", "token-secret", "203.0.113.77", "secretbrowser",
    "from-their-mail", "010-9999-8888", "a-word-of-theirs", "salt-of-theirs",
)  # fmt: skip
PERSONAL = (
    models.CharField, models.TextField, models.JSONField, models.EmailField, models.GenericIPAddressField,
    ArrayField, models.URLField, models.FileField, models.BinaryField,
)  # fmt: skip


def personal_columns(model: type[models.Model]) -> list[str]:
    """Those that could hold what a person is, did or said: free text, and who it was."""
    found = []
    for field in model._meta.concrete_fields:
        names_person = field.is_relation and field.related_model is User
        free = isinstance(field, PERSONAL) and not field.choices and not field.is_relation
        if names_person or free:
            found.append(field.column)
    return found


def all_models() -> list[type[models.Model]]:
    return sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.db_table)


def past_webinar() -> Webinar:
    start = timezone.now().replace(microsecond=0) - timedelta(days=2)
    made: Webinar = WebinarFactory(
        state="ended", webinar_start_time=start, webinar_actual_end_time=start + timedelta(hours=1), language="en",
        access_policy="email_auth",
    )  # fmt: skip
    ChatRoom.objects.create(webinar=made, last_seq=1000)
    QuestionRoom.objects.create(webinar=made, last_seq=1000, last_changed_seq=1000)
    return made


def person_everywhere(webinar: Webinar) -> User:
    """Of whom every table has something, with somebody else beside them who stays."""
    person: User = UserFactory(email="Zzyzx@Hidden.example", display_name="Zzyzx Kim", password="x")
    other = UserFactory(display_name="Kept Lee")
    campaign = CampaignFactory(client=webinar.client)
    for user in (person, other):
        _took_part(webinar, user, theirs=user is person)
        _filled_in(webinar, campaign, user, theirs=user is person)
    QuestionFactory(
        webinar=webinar, user=other, seq=900, body="kept", status="answered", answer="kept", answered_live=False,
        answered_by=person,
    )  # fmt: skip
    _signs_in(person)
    _worked(webinar, person, other)
    return person


def _took_part(webinar: Webinar, user: User, *, theirs: bool) -> None:
    start, end = webinar.webinar_start_time, webinar.webinar_start_time + timedelta(minutes=20)
    word = "a-word-of-theirs" if theirs else "kept"
    RegistrationFactory(webinar=webinar, user=user, answers={"phone": "010-9999-8888" if theirs else "kept"})
    PresenceFactory(webinar=webinar, user=user, joined_at=start)
    MessageFactory(webinar=webinar, user=user, body=word)
    question = QuestionFactory(
        webinar=webinar, user=user, body=word, status="answered", answer=f"Yes, {user.display_name}.",
        answered_live=False,
    )  # fmt: skip
    QuestionVoteFactory(question=question, user=user)
    where = {"user_agent": "SecretBrowser/9 Mobile", "referrer": "https://x.example/from-their-mail"}
    SessionFactory(
        webinar=webinar, user=user, entered_at=start, last_heartbeat_at=end, exited_at=end, closed_reason="exit",
        **({**where, "ip_address": "203.0.113.77"} if theirs else {}),
    )  # fmt: skip


def _filled_in(webinar: Webinar, campaign: Any, user: User, *, theirs: bool) -> None:
    phone = "010-9999-8888" if theirs else "010-1"
    CampaignEntryFactory(
        campaign=campaign, user=user, phone=phone, answers=[{"question": "q", "label": "Why", "answer": phone}]
    )
    AllowedEmailFactory(webinar=webinar, email=user.email.lower())
    made = import_addresses(
        webinar=webinar, found=pasted(f"{user.email}\n{user.display_name}"), source="paste", actor_id=user.pk,
        now=timezone.now(),
    )  # fmt: skip
    assert (made.known, made.rejected) == (1, 1)
    InvitationFactory(agency=webinar.agency, email=user.email.lower(), invited_by=user)
    version = ConsentVersionFactory(text=ConsentTextFactory(client=webinar.client))
    ConsentGiven.objects.create(
        version=version, user=user, webinar=webinar, client=webinar.client, agency=webinar.agency, is_given=True
    )


def _signs_in(person: User) -> None:
    EmailAddress.objects.create(user=person, email="zzyzx@hidden.example", verified=True, primary=True)
    EmailConfirmation.create(EmailAddress.objects.create(user=person, email="second@hidden.example")).save()
    Authenticator.objects.create(user=person, type="totp", data={"secret": "totp-secret"})
    app = SocialApp.objects.create(provider="kakao", name="Kakao", client_id="app")
    account = SocialAccount.objects.create(
        user=person, provider="kakao", uid="kakao-998877", extra_data={"nickname": "Zzyzx"}
    )
    SocialToken.objects.create(app=app, account=account, token="token-secret", token_secret="token-secret")
    Client().force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    SignIn.objects.create(user=person, ip="203.0.113.77", session_key="z" * 40, user_agent="SecretBrowser/9")


def _worked(webinar: Webinar, person: User, other: User) -> None:
    for user in (person, other):
        AgencyMemberFactory(user=user, agency=webinar.agency, role="owner")
        ClientMemberFactory(user=user, client=webinar.client)
    now = timezone.now()
    notice = {"notice": "Hello", "notice_author": person.display_name, "notice_set_at": now}
    Webinar.objects.filter(pk=webinar.pk).update(**notice)
    audit.record("notice.set", webinar=webinar, actor_id=person.pk, now=now)
    audit.record(
        "member.muted", webinar=webinar, actor_id=other.pk, now=now, subject_type="person", subject_id=person.pk
    )
    kind = ContentType.objects.get_for_model(person)
    for writer in (person, other):
        LogEntry.objects.create(
            user=writer, content_type=kind, object_id=str(person.pk), object_repr=person.email, action_flag=CHANGE,
            change_message="[]",
        )  # fmt: skip
    Export.objects.create(
        webinar=webinar, client=webinar.client, agency=webinar.agency, requested_by=person, format="csv",
        language="ko", personal=True, expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    identity = {"display_name": "Zzyzx Kim", "email": "zzyzx@hidden.example", "identity_salt": "salt-of-theirs"}
    rows = [{"user_id": person.pk, **identity}, {"user_id": other.pk, "display_name": "Kept", "identity_salt": "s"}]
    seal_rows(webinar, rows, author=person)


def traces() -> set[tuple[str, str]]:
    """Where any of the marks stands: every column of every table."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE lower("{column}"::text) LIKE ANY (%s)',
                [[f"%{mark}%" for mark in MARKS]],
            )
            if cursor.fetchone()[0]:
                found.add((table, column))
    return found


def tables_of(person: User) -> set[str]:
    """Where a row names the person by their id, or by a mark."""
    found = {table for table, _column in traces()}
    with connection.cursor() as cursor:
        for model in all_models():
            for field in model._meta.concrete_fields:
                if field.is_relation and field.related_model is User:
                    cursor.execute(
                        f'SELECT count(*) FROM "{model._meta.db_table}" WHERE "{field.column}" = %s', [person.pk]
                    )
                    if cursor.fetchone()[0]:
                        found.add(model._meta.db_table)
    return found
