"""What people read who filled in a form of signing up or in the wrong way."""

import re

import pytest
from django.test import Client

from webinars.models import User

pytestmark = pytest.mark.django_db
KOREAN = {"Accept-Language": "ko"}


def fields_with_focus(html: str) -> list[str]:
    inputs = re.findall(r"<input[^>]*>", html)
    return [name for tag in inputs if " autofocus" in tag for name in re.findall(r' name="(\w+)"', tag)]


def errors(html: str) -> list[str]:
    return re.findall(r'<ul class="errorlist[^"]*"[^>]*><li>(.*?)</li></ul>', html)


@pytest.mark.parametrize(
    ("path", "form", "words", "focus"),
    [
        ("signup", {}, ["이메일 주소를 입력해 주세요.", "이름을 입력해 주세요."], "email"),
        (
            "signup",
            {"email": "name@", "display_name": "한지원"},
            ["이메일 주소가 완전하지 않습니다. name@example.com처럼 입력해 주세요."],
            "email",
        ),
        ("signup", {"email": "han@example.com"}, ["이름을 입력해 주세요."], "display_name"),
        (
            "signup",
            {"email": "han@example.com", "display_name": "한지원", "password1": "123"},
            ["다른 비밀번호를 정해 주세요. 8자 이상이어야 하고, 숫자로만 되어 있거나 짐작하기 쉬우면 안 됩니다."],
            "password1",
        ),
        ("login", {}, ["이메일 주소를 입력해 주세요.", "비밀번호를 입력해 주세요."], "login"),
        ("login/code", {}, ["이메일 주소를 입력해 주세요."], "email"),
        ("password/reset", {}, ["이메일 주소를 입력해 주세요."], "email"),
    ],
)
def test_a_form_that_comes_back_says_it_in_our_words_and_puts_the_focus_there(
    client: Client, path: str, form: dict[str, str], words: list[str], focus: str
) -> None:
    page = client.post(f"/accounts/{path}/", form, headers=KOREAN)

    assert errors(page.text) == words
    assert fields_with_focus(page.text) == [focus]
    assert f'aria-describedby="id_{focus}' in page.text
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["signup", "login", "login/code", "password/reset"])
def test_the_browser_leaves_the_checking_to_us(client: Client, path: str) -> None:
    page = client.get(f"/accounts/{path}/")

    assert re.search(r'<form class="form"[^>]* novalidate>', page.text)
    assert fields_with_focus(page.text) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "이메일로 받은 코드를 입력해 주세요."),
        ("WRONG-CODE", "코드가 맞지 않습니다. 메일의 코드를 다시 확인해 주세요."),
    ],
)
def test_a_code_that_is_missing_or_wrong(client: Client, code: str, words: str) -> None:
    client.post("/accounts/signup/", {"email": "han@example.com", "display_name": "한지원"})

    page = client.post("/accounts/confirm-email/", {"code": code}, headers=KOREAN)

    assert errors(page.text) == [words]
    assert fields_with_focus(page.text) == ["code"]
    assert page.text.count(" novalidate>") == 1
