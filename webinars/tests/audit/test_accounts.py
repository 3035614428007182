"""Sign-ins and accounts of those who organize are on record in each of their tenants (spec 13)."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.core import mail
from django.urls import reverse

from eventflow import redis
from webinars.models import AuditEntry
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def with_password(user):
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def organizer():
    member = AgencyMemberFactory(user=UserFactory(is_staff=True))
    ClientMemberFactory(user=member.user)
    return with_password(member.user)


def places(user):
    agency = user.agency_memberships.get().agency_id
    client = user.client_memberships.get().client
    return [(agency, None), (client.agency_id, client.pk)]


def log(*, without=()):
    entries = AuditEntry.objects.exclude(action__in=without).order_by("pk")
    return [
        (entry.action, entry.agency_id, entry.client_id, entry.actor_id, entry.subject_id, entry.details)
        for entry in entries
    ]


def in_each(user, action, details=None, *, by="self"):
    actor = user.pk if by == "self" else None
    return [(action, *place, actor, str(user.pk), details or {}) for place in places(user)]


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def confirm(client):
    """That it is still they, before anything important."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def test_signing_in_and_out_is_in_each_of_the_persons_tenants(client, organizer):
    assert sign_in(client, organizer).status_code == 302
    client.post(reverse("account_logout"))

    expected = [*in_each(organizer, "sign_in", {"method": "password"}), *in_each(organizer, "sign_out")]
    assert log() == expected
    assert set(AuditEntry.objects.values_list("managers_only", "subject_type")) == {(True, "person")}


def test_signing_in_by_a_code_says_so(client, organizer):
    client.post(reverse("account_request_login_code"), {"email": organizer.email})
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", mail.outbox[0].body, re.M).group(1)

    client.post(reverse("account_confirm_login_code"), {"code": code})

    assert log() == in_each(organizer, "sign_in", {"method": "code"})


def test_a_second_factor_says_so(client, organizer):
    secret = generate_totp_secret()
    totp = TOTP.activate(organizer, secret).instance
    codes = RecoveryCodes.activate(organizer)

    sign_in(client, organizer)
    assert log() == []
    client.post(reverse("mfa_authenticate"), {"code": codes.get_unused_codes()[0]})

    assert log() == in_each(organizer, "sign_in", {"method": "password", "second_factor": True})
    assert totp.type == Authenticator.Type.TOTP


def test_super_admins_are_in_no_tenant(client):
    user = with_password(UserFactory(is_superuser=True, is_staff=True))

    sign_in(client, user)

    assert log() == [("sign_in", None, None, user.pk, str(user.pk), {"method": "password"})]


def test_attendees_are_not_watched(client):
    user = with_password(UserFactory())

    sign_in(client, user, "wrong")
    sign_in(client, user)
    client.post(reverse("account_logout"))

    assert log() == []


def test_a_wrong_password_is_on_record_once_in_a_while(client, organizer):
    for _again in range(3):
        sign_in(client, organizer, "wrong")

    assert log() == in_each(organizer, "sign_in.failed", {"method": "password"}, by="nobody")


def test_other_letters_are_another_address(client, organizer):
    """PostgreSQL takes a long s for an s where it looks regardless of case: each would be an entry of its own."""
    EmailAddress.objects.create(user=organizer, email="sis.boss@example.com", verified=True)

    for address in ("ſis.boss@example.com", "sıs.boss@example.com", "Sis.Boss@Example.com", "sis.boss@example.com"):
        client.post(reverse("account_login"), {"login": address, "password": "wrong"})

    assert log() == in_each(organizer, "sign_in.failed", {"method": "password"}, by="nobody")


def test_who_fails_without_redis_is_on_record_once_per_process(client, organizer, settings):
    settings.REDIS_RETRY_AFTER_SECONDS = 600
    redis.pause.begin()

    for _again in range(3):
        sign_in(client, organizer, "wrong")

    assert log() == in_each(organizer, "sign_in.failed", {"method": "password"}, by="nobody")


@pytest.mark.parametrize(
    "address", ["nobody@example.com", "\x00@example.com", "not an address", "x" * 100_000, "\ud800"]
)
def test_hostile_addresses_leave_nothing(client, address):
    body = address.encode(errors="surrogatepass")
    answer = client.post(
        reverse("account_login"), b"login=" + body + b"&password=x", content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code in (200, 400, 413)
    assert log() == []


def test_a_wrong_code_is_on_record(client, organizer):
    client.post(reverse("account_request_login_code"), {"email": organizer.email})

    for code in ("AAAAAA", "BBBBBB"):
        client.post(reverse("account_confirm_login_code"), {"code": code})

    assert log() == in_each(organizer, "sign_in.failed", {"method": "code"}, by="nobody")


def test_a_wrong_second_factor_is_on_record(client, organizer):
    TOTP.activate(organizer, generate_totp_secret())
    sign_in(client, organizer)

    for code in ("000000", "000001"):
        client.post(reverse("mfa_authenticate"), {"code": code})

    assert log() == in_each(organizer, "sign_in.failed", {"method": "second_factor"}, by="nobody")


def test_changing_the_password_is_on_record_without_it(client, organizer):
    sign_in(client, organizer)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "another good one 7", "password2": "another good one 7"},
    )

    assert log(without=["sign_in"]) == in_each(organizer, "account.changed", {"what": "password"})


def test_another_address_is_on_record_without_it(client, organizer):
    sign_in(client, organizer)
    other = EmailAddress.objects.create(user=organizer, email="other@example.com", verified=True)

    confirm(client)
    client.post(reverse("account_email"), {"action_primary": "", "email": other.email})
    client.post(reverse("account_email"), {"action_remove": "", "email": organizer.email})

    expected = in_each(organizer, "account.changed", {"what": "email"})
    assert log(without=["sign_in"]) == [*expected, *expected]


@pytest.fixture
def google(settings):
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": [{"client_id": "id", "secret": "secret"}]}}


def test_linking_another_account_and_taking_it_away_are_on_record(client, organizer, google):
    other = SocialAccount(user=organizer, provider="google", uid="7", extra_data={"email": "kim@elsewhere.example"})
    linked = SocialLogin(user=organizer, account=other)
    social_account_added.send(sender=SocialLogin, request=None, sociallogin=linked)
    other.save()
    sign_in(client, organizer)
    confirm(client)

    client.post(reverse("socialaccount_connections"), {"account": other.pk})

    assert not SocialAccount.objects.exists()
    expected = [
        entry
        for what in ("linked", "unlinked")
        for entry in in_each(organizer, "account.changed", {"what": what, "provider": "google"})
    ]
    assert log(without=["sign_in"]) == expected


def test_signing_out_everywhere_is_on_record(client, organizer):
    sign_in(client, organizer)

    client.post(reverse("usersessions_list"), {"end": "all"})

    assert [entry for entry in log() if entry[0] == "sign_in.everywhere_ended"] == in_each(
        organizer, "sign_in.everywhere_ended"
    )


@pytest.mark.django_db(transaction=True)  # django-allauth tells of them after the commit
def test_a_factor_on_its_codes_and_off_are_on_record(client, organizer):
    sign_in(client, organizer)
    confirm(client)
    client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]

    client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    client.post(reverse("mfa_deactivate_totp"))

    found = [details["what"] for action, *_ids, details in log() if action == "account.changed"]
    assert found == ["factor_on", "factor_on", "recovery_codes", "recovery_codes", "factor_off", "factor_off"]
    assert secret not in str(log())


def totp_code(secret):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))
