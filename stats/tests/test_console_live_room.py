"""The room in a webinar's live tab (spec 14): who sees which part of it."""

import re

import pytest
from django.test import Client as Browser
from django.urls import reverse

from presence.models import LivePresence, UserSession
from webinars.models import ChatRoom, QuestionRoom
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import MessageFactory, QuestionFactory

RUNNERS = {"owner", "admin", "operator", "client_operator", "superuser"}
PARTS = {
    "stream": "data-chat-list",
    "composer": "data-composer",
    "acts": 'data-act="publish"',
    "controls": "data-controls",
    "silenced": "data-silenced",
    "words": "spoiler",
    "message": "A sentence of ours",
    "author": "Kim Attendee",
    "waiting question": "Nobody read this yet",
}


@pytest.fixture
def people(webinar):
    return people_around(webinar)


@pytest.fixture
def room(webinar, people):
    webinar.blocked_words = ["spoiler"]
    webinar.save()
    MessageFactory(webinar=webinar, user=people["attendee"], seq=1, body="A sentence of ours")
    ChatRoom.objects.create(webinar=webinar, last_seq=1)
    QuestionFactory(webinar=webinar, user=people["attendee"], seq=1, body="Nobody read this yet")
    QuestionRoom.objects.create(webinar=webinar, last_seq=1, last_changed_seq=1)
    return webinar


def live_tab(browser, webinar):
    return browser.get(reverse("admin:webinars_webinar_live", args=[webinar.pk]), headers={"accept-language": "en"})


def shown(people, part, room):
    page = live_tab(sign_in(Browser(), people[part]), room).content.decode()
    return {name for name, text in PARTS.items() if text in page}


@pytest.mark.parametrize("part", sorted(RUNNERS))
def test_who_runs_the_webinar_has_all_of_it(people, room, part):
    assert shown(people, part, room) == set(PARTS)


def test_an_analyst_reads_the_stream(people, room):
    assert shown(people, "analyst", room) == {"stream", "message", "author"}


def test_a_viewer_sees_counts_only(people, room):
    page = live_tab(sign_in(Browser(), people["viewer"]), room).content.decode()

    assert shown(people, "viewer", room) == set()
    assert "build/console_room.js" not in page
    counts = re.findall(r'<dt>([A-Z][\w ]+)</dt><dd class="ef-number">(\d+)</dd>', page)
    assert counts == [
        ("Messages", "1"),
        ("Questions waiting", "1"),
        ("Open questions", "0"),
        ("Answered questions", "0"),
    ]


@pytest.mark.parametrize("part", ["neighbour", "rival", "attendee"])
def test_who_has_no_part_in_it_finds_nothing(people, room, part):
    answer = live_tab(sign_in(Browser(), people[part]), room)

    assert answer.status_code == 404
    assert "A sentence of ours" not in answer.content.decode()


def test_opening_it_counts_nobody(people, room):
    live_tab(sign_in(Browser(), people["operator"]), room)

    assert (LivePresence.objects.count(), UserSession.objects.count()) == (0, 0)


def test_hostile_words_stay_text(people, room):
    MessageFactory(webinar=room, user=people["attendee"], seq=2, body="</script><script>alert(1)</script>")

    page = live_tab(sign_in(Browser(), people["operator"]), room).content.decode()

    assert "<script>alert(1)" not in page


def test_the_people_now_lead_to_whose_pages_were_open_at_once(people, room):
    page = live_tab(sign_in(Browser(), people["analyst"]), room).content.decode()

    assert f'href="/console/presence/usersession/?webinar={room.pk}&amp;overlapping=1"' in page


def test_of_many_questions_the_page_brings_all_and_the_server_draws_the_first(people, room):
    for seq in range(2, 42):
        QuestionFactory(webinar=room, user=people["attendee"], seq=seq, changed_seq=seq)

    answer = live_tab(sign_in(Browser(), people["operator"]), room)

    assert len(answer.context["first_questions"]["questions"]) == 41
    assert answer.content.decode().count('<li class="question') == 30 + 1  # and the template of one


def test_times_in_the_room_are_the_webinars(people, room):
    room.time_zone = "America/New_York"
    room.save()

    assert (
        'data-times-in="America/New_York"' in live_tab(sign_in(Browser(), people["operator"]), room).content.decode()
    )
