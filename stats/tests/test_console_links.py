"""Every page of the console that a person can get to by links: none leads to nothing, none speaks another language."""

import html
import re
from collections.abc import Iterator

import pytest

from webinars.tests.console_people import people_around, sign_in

ANY_ROW = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/)\d+(?=/)")
UNSEEN = re.compile(r"(?s)<(script|style|datalist|template)\b.*?</\1>")
ATTRIBUTES = re.compile(r'\s(?:title|placeholder|aria-label|alt)="([^"]*)"')
# Names in these tests have two words at most.
ENGLISH = re.compile(r"[A-Za-z]+[’']?[a-z]*(?: [A-Za-z]+[’']?[a-z]*){2,}")
# How Django's Korean hides that it does not know the word before the particle, and its words for what we name plainly.
MACHINE_MADE = re.compile(r"이/가|을/를|은/는|[을이은]\([를가는]\)|\(으\)로|오브젝트|액션|확신합니다")
# Another library's pages, for super admins.
NOT_OURS = ("django_celery_beat",)


def pages(browser) -> Iterator[tuple[str, int, str]]:
    """Each page once per kind: its path, how it was answered, and its text."""
    waiting, seen = ["/console/"], set()
    while waiting:
        path = waiting.pop()
        kind = ANY_ROW.sub("<id>", path)
        if kind in seen or any(name in path for name in NOT_OURS):
            continue
        seen.add(kind)
        answer = browser.get(path, follow=True)
        text = answer.content.decode() if answer["Content-Type"].startswith("text/html") else ""
        waiting += re.findall(r'href="(/console/[^"?#]*)', text)
        yield path, answer.status_code, text


@pytest.mark.parametrize("part", ["admin", "operator", "viewer", "client_operator"])
def test_no_link_leads_to_nothing(client, webinar, part):
    found = list(pages(sign_in(client, people_around(webinar)[part])))

    assert [path for path, status, _text in found if status != 200] == []
    assert len(found) > 10


def sentences(text: str) -> Iterator[str]:
    seen = UNSEEN.sub("", text)
    for part in [*re.sub(r"<[^>]*>", "\n", seen).split("\n"), *ATTRIBUTES.findall(seen)]:
        yield html.unescape(part).strip()


@pytest.mark.parametrize("part", ["admin", "superuser"])
def test_a_korean_console_is_korean_throughout(client, webinar, part):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ko"

    wrong = {
        f"{path}: {sentence}"
        for path, _status, text in pages(sign_in(client, people_around(webinar)[part]))
        for sentence in sentences(text)
        if ENGLISH.search(sentence) or MACHINE_MADE.search(sentence)
    }

    assert wrong == set()
