"""What is taken out of a log line, and what stays (spec 18)."""

import json
import logging
import sys

import pytest
from django.db import IntegrityError, connection, transaction

from eventflow.log_masks import CUT, masked, masked_message
from eventflow.logs import JsonFormatter
from webinars.models import User
from webinars.tests.factories import UserFactory


def line(message: str, *values: object, exc_info: bool = False) -> dict[str, str]:
    error = sys.exc_info() if exc_info else None
    record = logging.LogRecord("a.logger", logging.ERROR, __file__, 1, message, values, error)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail to kim.minji@example.co.kr failed", f"mail to {CUT}@{CUT} failed"),
        ("김민지@example.kr", f"{CUT}@{CUT}"),
        ("Authorization: Bearer abc.def", f"Authorization: {CUT} abc.def"),
        ("Bearer s3cret", f"Bearer {CUT}"),
        ("pass eyJhbGciOiJI.eyJzdWIiOiI.abc-_9", f"pass {CUT}"),
        ("Not Found: /invitations/abc:def/", f"Not Found: /invitations/{CUT}/"),
        ("GET /accounts/password/reset/key/1-abc/", f"GET /accounts/password/reset/key/{CUT}/"),
        ("GET /webinars/demo/?source=kim", f"GET /webinars/demo/?{CUT}"),
        ("from 192.0.2.7 and 2001:db8::7 and 2001:db8:0:0:0:0:0:7", f"from {CUT} and {CUT} and {CUT}"),
        ("redis://:secret@127.0.0.1:6379/0 is away", f"redis://{CUT}@{CUT}:6379/0 is away"),
        ("two\r\nlines\x00", "two  lines "),
        ("at 12:30:45 on 2026-11-20 version 5.2.19, seal 0b7d1e9c-1111-4222-8333-444455556666", None),
        ("attendance sealed: seal 3, version 2", None),
        ("/work/main/webinars/pages.py:31 in _standing", None),
    ],
)
def test_texts(text, kept):
    assert masked(text) == (text if kept is None else kept)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "invalid literal for int() with base 10: '010-1234-5678'",
            f"invalid literal for int() with base 10: {CUT}",
        ),
        ("no field 'display_name' in 'kim'", f"no field 'display_name' in '{CUT}'"),
        ("cannot let in 김민지 (kim@example.com)", f"cannot let in {CUT} ({CUT}@{CUT})"),
        (
            'duplicate key value violates unique constraint "user_email_unique"\nDETAIL:  Key (email)=(a) exists.',
            'duplicate key value violates unique constraint "user_email_unique"',
        ),
        ("'User' object has no attribute 'webinars.x'", f"'{CUT}' object has no attribute 'webinars.x'"),
        ("Expecting value: 김민지", f"Expecting value: {CUT}"),
    ],
)
def test_texts_of_exceptions(text, kept):
    assert masked_message(text) == kept


def test_a_long_text_is_cut():
    assert len(masked("x " * 5000)) < 2100


@pytest.mark.parametrize(
    "piece", ["a", "/", "eyJ", "a:", "@", "?", "'", "1.", "redis://", "=(", ": ", " DETAIL: ", "/a?"]
)
def test_a_line_that_is_meant_to_be_hard_to_read_comes_to_an_end(piece):
    """Hours, were the steps to grow with the square of its length."""
    assert len(masked_message(piece * 1_000_000)) < 2100


@pytest.mark.django_db
def test_a_refusal_of_the_database_shows_no_row():
    UserFactory(email="only.once@example.com", display_name="김비밀")

    try:
        with transaction.atomic():
            UserFactory(email="only.once@example.com", display_name="김비밀")
    except IntegrityError:
        told = line("could not save %s", "only.once@example.com", exc_info=True)

    assert told["event"] == f"could not save {CUT}@{CUT}"
    assert 'violates unique constraint "user_email_unique"' in told["exception"]
    assert "in test_a_refusal_of_the_database_shows_no_row" in told["exception"]
    for secret in ("only.once", "김비밀", "DETAIL"):
        assert secret not in json.dumps(told, ensure_ascii=False)


@pytest.mark.django_db
def test_a_value_that_the_database_cannot_read_is_not_shown():
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::uuid", ["010-1234-5678 김비밀"])
    except Exception:
        told = line("failed", exc_info=True)

    assert "invalid input syntax for type uuid" in told["exception"]
    assert "1234" not in json.dumps(told, ensure_ascii=False)


def test_values_of_variables_and_code_are_not_shown():
    secret = "a-password-in-a-variable"

    try:
        User(display_name=secret).no_such_thing(secret, "literal-secret")
    except AttributeError:
        told = line("failed", exc_info=True)

    assert (
        told["exception"].splitlines()[-1] == "builtins.AttributeError: 'User' object has no attribute 'no_such_thing'"
    )
    assert "secret" not in told["exception"].replace("test_values_of_variables", "")


def test_what_led_to_an_exception_is_told_without_values():
    try:
        try:
            int("kim@example.com")
        except ValueError as cause:
            raise LookupError("no person “김민지”") from cause
    except LookupError:
        told = line("failed", exc_info=True)

    lines = [one for one in told["exception"].splitlines() if not one.startswith("  ")]
    assert lines == [
        f"builtins.ValueError: invalid literal for int() with base 10: {CUT}",
        f"builtins.LookupError: no person '{CUT}'",
    ]


def test_a_line_cannot_be_forged():
    told = line("Not Found: %s", '/x\n{"event": "all is well"}\r\n')

    assert told["event"].startswith("Not Found: /x ")
    assert told["level"] == "error"
