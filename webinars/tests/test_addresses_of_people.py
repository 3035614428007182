"""One mailbox is one person, however its address is written and by however many at once."""

from importlib import import_module

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client

from webinars.models import User
from webinars.plain_address import plain_address
from webinars.tests.at_once import Team
from webinars.tests.factories import UserFactory

SIGN_UP = {"email": "han@example.com", "display_name": "한지원"}


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (" Han@Example.COM ", "han@example.com"),
        ("han@ｅｘａｍｐｌｅ．com", "han@example.com"),
        ("han@한국。kr", "han@한국.kr"),
        ("han@MÜNCHEN.de", "han@münchen.de"),
        ("han@еxample.com", "han@еxample.com"),  # a Cyrillic letter: another domain, and stays one
        ("han", "han"),
        ("", ""),
    ],
)
def test_one_way_of_writing_an_address(written: str, plain: str) -> None:
    assert plain_address(written) == plain
    assert plain_address(plain) == plain


@pytest.mark.django_db
@pytest.mark.parametrize("written", ["Han@Example.com", "han@ＥＸＡＭＰＬＥ.com", " HAN@EXAMPLE.COM "])
def test_signing_up_again_with_another_way_of_writing_it_makes_nobody(
    client: Client, mailoutbox: list[EmailMessage], written: str
) -> None:
    User.objects.create_user("hAn@example.COM", display_name="Han")

    page = client.post("/accounts/signup/", {**SIGN_UP, "email": written})

    assert page.url == "/accounts/confirm-email/"
    assert list(User.objects.values_list("email", flat=True)) == ["han@example.com"]
    assert [mail.to for mail in mailoutbox] == [["han@example.com"]]


@pytest.mark.django_db
def test_a_look_alike_is_somebody_else(client: Client) -> None:
    UserFactory(email="han@example.com")

    client.post("/accounts/signup/", {**SIGN_UP, "email": "han@еxample.com"})

    assert sorted(User.objects.values_list("email", flat=True)) == ["han@example.com", "han@еxample.com"]


@pytest.mark.django_db
def test_addresses_that_the_console_once_took_as_they_came_become_plain() -> None:
    user = UserFactory()
    User.objects.filter(pk=user.pk).update(email="Han@Example.com")

    with connection.cursor() as cursor:
        cursor.execute(import_module("webinars.migrations.0013_plain_addresses").LOWER)

    assert User.objects.get().email == "han@example.com"


@pytest.mark.django_db(transaction=True)
def test_signing_up_at_once_makes_one_account(mailoutbox: list[EmailMessage]) -> None:
    team = Team(4)
    answers = team.at_once(*[lambda: Client().post("/accounts/signup/", SIGN_UP)] * 4)
    team.close()

    assert {(answer.status_code, answer.url) for answer in answers} == {(302, "/accounts/confirm-email/")}
    assert User.objects.count() == 1
    assert len(mailoutbox) == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email", ["han\x00@example.com", "\ufffd@example.com", "a" * 1_000_000 + "@example.com", "[]"]
)
@pytest.mark.parametrize("path", ["signup", "login", "login/code", "password/reset"])
def test_what_is_no_address_is_said_beside_the_field(client: Client, path: str, email: str) -> None:
    form = {"email": email, "login": email, "display_name": "Han", "password": "x"}

    page = client.post(f"/accounts/{path}/", form, headers={"Accept-Language": "en"})

    assert page.status_code == 200
    assert 'class="errorlist' in page.text
