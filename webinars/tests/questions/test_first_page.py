"""The questions of the live page as it leaves the server: readable without JavaScript, and safe (spec 10, 15)."""

import json
import re

import pytest
from django.test import Client

from webinars.models import Webinar
from webinars.tests.factories import QuestionVoteFactory, WebinarFactory
from webinars.tests.questions.room import person, question

BACKEND = "django.contrib.auth.backends.ModelBackend"
ITEM = re.compile(r'<li class="question[ "].*?</li>', re.DOTALL)


@pytest.fixture
def webinar(db: None) -> Webinar:
    return WebinarFactory(slug="demo", access_policy="open")


def page(user=None):
    client = Client(headers={"accept-language": "en"})
    if user is not None:
        client.force_login(user, backend=BACKEND)
    return client.get("/webinars/demo/live/").content.decode()


def items(text):
    """The questions of the list, without the template for new ones."""
    start, end = text.index("data-questions-list"), text.index("data-questions-toasts")
    return ITEM.findall(text[start:end])


def first_questions(text):
    return json.loads(re.search(r'<script id="first-questions"[^>]*>(.*?)</script>', text, re.DOTALL)[1])


def part(item, name):
    """The text of a part; None while it is hidden."""
    found = re.search(rf"data-q-{name}(?![-\w])([^>]*)>(.*?)</(?:span|p|div)>", item, re.DOTALL)
    return None if "hidden" in found[1] else found[2]


def test_the_most_wanted_questions_come_first_and_what_is_hidden_does_not_come(webinar):
    me = person(webinar, name="Me")
    asked = {
        body: question(webinar, status, body=body, **facts)
        for body, status, facts in (
            ("few votes", "published", {"upvote_count": 1}),
            ("answered", "answered", {"upvote_count": 9}),
            ("many votes", "published", {"upvote_count": 5}),
            ("waits", "pending", {}),
            ("put away", "archived", {}),
            ("my own", "pending", {"user": me}),
        )
    }
    QuestionVoteFactory(question=asked["few votes"], user=me)

    found = items(page(me))

    assert [part(item, "body") for item in found] == ["many votes", "few votes", "my own", "answered"]
    assert [item.count('aria-pressed="true"') for item in found] == [0, 1, 0, 0]
    assert [part(item, "waits") is not None for item in found] == [False, False, True, False]
    assert part(found[3], "answer-text") == "Yes."


def test_names_of_anonymous_askers_are_for_hosts(webinar):
    asker, host = person(webinar, name="Yoon Harin"), person(webinar, role="presenter", name="Host")
    question(webinar, body="who?", user=asker, is_anonymous=True)

    seen = {name: page(user) for name, user in (("guest", None), ("host", host), ("asker", asker))}

    assert [part(items(text)[0], "author") for text in seen.values()] == ["Anonymous", "Yoon Harin", "You"]
    assert "Yoon" not in seen["guest"]
    assert [each["authorName"] for each in first_questions(seen["guest"])["questions"]] == [None]
    assert [each["authorName"] for each in first_questions(seen["host"])["questions"]] == ["Yoon Harin"]


def test_what_people_wrote_is_text_and_its_addresses_are_links(webinar):
    evil = "</script><img src=x onerror=alert(1)> https://example.com/?a=1&b=2"
    question(webinar, "answered", body=evil, answer=evil, user=person(webinar, name="<b>Mallory</b>"))

    text = page()

    assert "<img src=x" not in text
    assert "<b>Mallory" not in text
    link = 'href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow ugc"'
    assert items(text)[0].count(link) == 2
    assert first_questions(text)["questions"][0]["body"] == evil


def test_guests_are_told_how_to_ask_and_nobody_asks_where_there_is_no_q_and_a(webinar):
    member = person(webinar)
    ways = ("data-ask ", "data-ask-sign-in>", "data-ask-sign-in hidden>", "data-ask-off hidden>", "data-ask-off>")

    def shown():
        return [[way for way in ways if way in page(user)] for user in (None, member)]

    switched_on = shown()
    Webinar.objects.update(questions_enabled=False)

    assert switched_on == [["data-ask-sign-in>", "data-ask-off hidden>"], ["data-ask ", "data-ask-off hidden>"]]
    assert shown() == [["data-ask-sign-in hidden>", "data-ask-off>"], ["data-ask ", "data-ask-off>"]]
