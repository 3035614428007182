"""The server's links are those of `linkify.js` (tests/linkify.test.js has the same cases)."""

import re

import pytest

from webinars.templatetags.webinar_chat import linked


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("See https://example.org/a.", ["https://example.org/a"]),
        ("(https://example.org/a)", ["https://example.org/a"]),
        ("https://en.wikipedia.org/wiki/Seoul_(city)", ["https://en.wikipedia.org/wiki/Seoul_(city)"]),
        ("https://example.org에 있고 https://example.org/a에서", ["https://example.org", "https://example.org/a"]),
        (
            "https://example.org/자료 https://example.org/강의",
            ["https://example.org/자료", "https://example.org/강의"],
        ),
        ("javascript:alert(1) data:text/html,x ftp://x", []),
        ('https://example.org/"onmouseover="alert(1)', ["https://example.org/"]),
    ],
)
def test_addresses_in_a_text_become_links(text: str, addresses: list[str]) -> None:
    html = linked(text)

    assert re.findall(r'href="([^"]*)"', html) == addresses
