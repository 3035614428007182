"""Everything that is stored about a person, for themselves and nobody else (docs/privacy.md)."""

import io
import json
import tracemalloc

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from tests.privacy.everywhere import MARKS, all_models, past_webinar, person_everywhere
from webinars.models import AuditEntry, Message, User
from webinars.selectors.personal_data import parts, proven_addresses
from webinars.services.erasure import erase_person
from webinars.services.personal_export import NothingLeft, export_person
from webinars.tests.account_people import code_in
from webinars.tests.factories import (
    AllowedEmailFactory,
    InvitationFactory,
    MessageFactory,
    RegistrationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

# Models with a person in them that are in no part, and why.
NOT_EXPORTED = {
    "webinars.User_groups": "Django's groups are not used",
    "webinars.User_user_permissions": "Django's permissions are not used",
}
SECRETS = ("totp-secret", "token-secret", "salt-of-theirs", "pbkdf2", "argon2", "z" * 40)


@pytest.fixture
def webinar():
    return past_webinar()


@pytest.fixture
def person(webinar):
    return person_everywhere(webinar)


def exported(user):
    return json.loads("".join(export_person(user, actor_id=user.pk, now=timezone.now())))


def test_every_model_that_names_a_person_is_exported_or_said_why_not():
    naming = {
        model
        for model in all_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is User
    }
    given = {model for part in parts.values() for model in part.models}

    assert {model._meta.label for model in naming - given} == set(NOT_EXPORTED)


def test_each_part_has_what_the_person_left(person):
    data = exported(person)

    assert list(data) == ["exportedAt", *parts]
    assert [name for name in parts if not data[name]] == []
    assert {name: parts[name].count(person) for name in parts} == {name: len(data[name]) for name in parts}


def test_keys_are_readable_and_times_have_their_zone(person):
    data = exported(person)

    assert data["account"][0]["email"] == "Zzyzx@Hidden.example"
    session = data["pageSessions"][0]
    assert (session["ipAddress"], session["browser"]) == ("203.0.113.77", "SecretBrowser/9 Mobile")
    assert session["enteredAt"].endswith("+00:00")
    assert data["campaignEntries"][0]["answers"][0]["answer"] == "010-9999-8888"
    assert data["consents"][0]["label"] == "I agree to the use of my name and email address."
    assert [row["text"] for row in data["messages"]] == ["a-word-of-theirs"]
    assert all("_" not in key for rows in data.values() if isinstance(rows, list) for row in rows for key in row)


def test_all_that_is_theirs_is_in_it_but_secrets_and_nothing_of_others(person):
    other = User.objects.get(display_name="Kept Lee")
    text = "".join(export_person(person, actor_id=None, now=timezone.now())).lower()

    assert [mark for mark in MARKS if mark not in text and mark not in SECRETS] == []
    assert [secret for secret in SECRETS if secret in text] == []
    hosts_answer = "yes, zzyzx kim."
    assert [word for word in (other.email.lower(), "kept lee", str(other.pk), hosts_answer) if word in text] == []


def test_what_is_kept_by_address_takes_a_proven_one():
    person = UserFactory(email="own@x.com")
    EmailAddress.objects.create(user=person, email="second@x.com", verified=True)
    EmailAddress.objects.create(user=person, email="claimed@x.com", verified=False)
    for email in ("own@x.com", "second@x.com", "claimed@x.com"):
        AllowedEmailFactory(email=email)
        InvitationFactory(email=email)

    data = exported(person)

    assert proven_addresses(person) == ["own@x.com", "second@x.com"]
    assert sorted(row["email"] for row in data["allowedAddresses"]) == ["own@x.com", "second@x.com"]
    assert len(data["invitations"]) == 2


def test_an_account_that_is_known_not_to_be_proven_has_no_claim_to_its_address():
    person = UserFactory(email="Typed@x.com")
    EmailAddress.objects.create(user=person, email="typed@x.com", verified=False)
    AllowedEmailFactory(email="typed@x.com")

    assert exported(person)["allowedAddresses"] == []


def test_it_is_on_record(person):
    exported(person)

    entry = AuditEntry.objects.get(action="person.exported")
    assert (entry.actor_id, entry.subject_type, entry.subject_id) == (person.pk, "person", str(person.pk))


def test_of_an_erased_person_there_is_nothing(person, client):
    erase_person(user_id=person.pk, now=timezone.now())

    with pytest.raises(NothingLeft):
        export_person(User.objects.get(pk=person.pk), actor_id=None, now=timezone.now())
    assert AuditEntry.objects.filter(action="person.exported").count() == 0


def test_a_long_history_is_written_while_it_is_read(webinar):
    person = RegistrationFactory(webinar=webinar).user
    said = [
        MessageFactory.build(webinar=webinar, client=webinar.client, agency=webinar.agency, user=person, seq=number)
        for number in range(1, 20_001)
    ]
    for number, message in enumerate(said):
        message.client_message_id, message.author_name, message.body = f"m-{number}", "Kim", "a long word " * 20
    Message.objects.bulk_create(said, batch_size=2000)
    del said

    tracemalloc.start()
    size = sum(len(piece) for piece in export_person(person, actor_id=None, now=timezone.now()))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > 8_000_000
    assert most < 4_000_000


# --- The page ---


def sign_in(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_page_counts_what_is_kept(client, person):
    page = sign_in(client, person).get(reverse("webinars:my_data"), headers={"Accept-Language": "en"})

    assert page.status_code == 200
    assert {str(title): count for title, count in page.context["kept"]}["Chat messages"] == 1
    assert "no-store" in page["Cache-Control"]


def test_without_signing_in_there_is_nothing(client):
    page, file = client.get(reverse("webinars:my_data")), client.post(reverse("webinars:my_data_download"))

    assert [answer.status_code for answer in (page, file)] == [302, 302]
    assert page.url.startswith("/accounts/login/")


def test_the_file_is_the_signed_in_persons_own_after_a_code(client, webinar, person, mailoutbox):
    other = User.objects.get(display_name="Kept Lee")
    other.set_unusable_password()
    other.save()

    asked = sign_in(client, other).post(reverse("webinars:my_data_download"), {"person": str(person.pk)})
    client.post(asked.url, {"action": "send"})
    answer = client.post(asked.url, {"code": code_in(mailoutbox[0])})

    data = json.loads(b"".join(answer.streaming_content))
    assert data["account"][0]["id"] == str(other.pk)
    assert answer["Content-Disposition"].startswith('attachment; filename="eventflow-my-data-')
    assert answer["Content-Type"] == "application/json"


def test_the_file_is_not_fetched_by_a_link(client, person):
    assert sign_in(client, person).get(reverse("webinars:my_data_download")).status_code == 405


def test_who_has_a_password_is_asked_for_it_first(client):
    person = UserFactory(password="a-long-password-9")
    sign_in(client, person)

    asked = client.post(reverse("webinars:my_data_download"))
    given = client.post(asked.url, {"password": "a-long-password-9"})

    assert (asked.status_code, asked.url.split("?")[0]) == (302, reverse("account_reauthenticate"))
    assert json.loads(b"".join(given.streaming_content))["account"][0]["id"] == str(person.pk)


# --- The command ---


def test_the_command_writes_to_the_terminal_or_a_private_file(person, tmp_path):
    out, path = io.StringIO(), tmp_path / "data.json"
    call_command("export_person", "second@hidden.example", stdout=out)
    call_command("export_person", str(person.pk), "--out", str(path), stdout=io.StringIO())

    shown, written = json.loads(out.getvalue()), json.loads(path.read_text())
    assert shown["account"] == written["account"]
    assert (path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [path])
    assert [entry.actor_id for entry in AuditEntry.objects.filter(action="person.exported")] == [None, None]


@pytest.mark.parametrize("ref", ["nobody@x.com", "00000000-0000-0000-0000-000000000000", "\x00", ""])
def test_the_command_knows_no_such_person(ref):
    with pytest.raises(CommandError, match="There is no such person") as error:
        call_command("export_person", ref)
    assert error.value.returncode == 1


def test_the_command_says_what_cannot_be_done(person, tmp_path):
    with pytest.raises(CommandError) as no_folder:
        call_command("export_person", str(person.pk), "--out", str(tmp_path / "none" / "data.json"))
    erase_person(user_id=person.pk, now=timezone.now())
    with pytest.raises(CommandError) as erased:
        call_command("export_person", str(person.pk))

    assert (no_folder.value.returncode, erased.value.returncode) == (1, 2)


def test_no_more_files_an_hour_than_anybody_needs(client):
    person = UserFactory(password="a-long-password-9")
    asked = sign_in(client, person).post(reverse("webinars:my_data_download"))

    answers = [client.post(asked.url, {"password": "a-long-password-9"})]
    answers += [client.post(reverse("webinars:my_data_download")) for _ in range(10)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert 3500 < int(answers[-1]["Retry-After"]) <= 3600
    assert AuditEntry.objects.filter(action="person.exported", subject_id=str(person.pk)).count() == 10
