"""One address out of what people write around it; several out of a paste."""

import pytest
from django.core.validators import validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webinars.addresses.address import address_of
from webinars.addresses.pasted import pasted
from webinars.models import folded_email


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kim@x.com", "kim@x.com"),
        ("  KIM@X.Com\t", "kim@x.com"),
        ("Kim <kim@x.com>", "kim@x.com"),
        ('"Kim, Min-jun" <Kim@x.com>', "kim@x.com"),
        ("김민준 <kim@x.com>", "kim@x.com"),
        ("김민준 kim@x.com", "kim@x.com"),
        ("<kim@x.com>", "kim@x.com"),
        ("mailto:kim@x.com", "kim@x.com"),
        ("'kim@x.com'", "kim@x.com"),
        ("(kim@x.com)", "kim@x.com"),
        ("\ufeffkim@x.com\u200b", "kim@x.com"),
        ("kim\u00a0@x.com".replace("\u00a0", ""), "kim@x.com"),
        ("kim@x.com\u00a0", "kim@x.com"),
        ("kim＠example．com", "kim@example.com"),
        ("first.last+tag@sub.example.co.kr", "first.last+tag@sub.example.co.kr"),
        ("o'neil@x.com", "o'neil@x.com"),
        ("kim@한국.kr", "kim@한국.kr"),
        ("kim@MÜNCHEN.de", "kim@münchen.de"),
        ("kim@xn--3e0b707e.kr", "kim@xn--3e0b707e.kr"),
    ],
)
def test_addresses(text, expected):
    assert address_of(text) == (expected, "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no_address"),
        (" \u200b ", "no_address"),
        ("kim", "not_an_address"),
        ("kim@", "not_an_address"),
        ("@x.com", "not_an_address"),
        ("kim@x", "not_an_address"),
        ("kim@x..com", "not_an_address"),
        ("kim@-x.com", "not_an_address"),
        ("kim.@x.com", "not_an_address"),
        ('"kim min"@x.com', "not_an_address"),
        ("kim@x.com@y.com", "not_an_address"),
        ("a@x.com b@x.com", "several"),
        ("a@x.com, b@x.com", "several"),
        ("<a@x.com> <b@x.com>", "several"),
        ("김@x.com", "foreign_letters"),
        ("a" * 65 + "@" + "x" * 63 + "." + "y" * 63 + "." + "z" * 63 + ".com", "too_long"),
        ("\x00", "no_address"),
    ],
)
def test_what_is_none(text, problem):
    assert address_of(text) == ("", problem)


@given(st.one_of(st.text(max_size=60), st.from_regex(r"\A[^@]{0,20}@[^@]{0,20}\Z")))
@settings(max_examples=500, deadline=None)
@example("İ@İ.com")
@example("a@ﬀ.com")
@example("a@ẞ.de")
@example("\udc80@x.com")
def test_what_is_taken_is_what_people_can_sign_in_with(text):
    email, problem = address_of(text)

    assert bool(email) != bool(problem)
    if email:
        validate_email(email)
        assert (folded_email(email), " " in email, "\x00" in email) == (email, False, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@x.com\nb@x.com", [(1, "a@x.com"), (2, "b@x.com")]),
        ("a@x.com\r\n\r\nb@x.com\rc@x.com", [(1, "a@x.com"), (3, "b@x.com"), (4, "c@x.com")]),
        ("a@x.com, b@x.com;c@x.com\td@x.com e@x.com", [(1, f"{name}@x.com") for name in "abcde"]),
        ('Kim <a@x.com>, "Lee, S" <b@x.com>; 박 c@x.com', [(1, "a@x.com"), (1, "b@x.com"), (1, "c@x.com")]),
        (",,;\n , ;\n", []),
    ],
)
def test_pastes(text, expected):
    assert [(one.line, one.email) for one in pasted(text)] == expected


def test_what_is_no_address_in_a_paste_is_said_by_line():
    found = list(pasted("a@x.com b@x.com foo\n\nnonsense"))

    assert [(one.line, one.text, one.problem) for one in found if one.problem] == [
        (1, "foo", "not_an_address"),
        (3, "nonsense", "not_an_address"),
    ]


@given(st.text(st.sampled_from("ab@.<>\"',; \t\n\r가"), max_size=200))
@settings(max_examples=300, deadline=None)
@example('"' * 5001)
@example("<" * 5001)
def test_any_paste_is_read(text):
    assert all(bool(one.email) != bool(one.problem) for one in pasted(text))
