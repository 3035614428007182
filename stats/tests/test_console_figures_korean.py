"""Attendance, statistics and comparisons in Korean: no word of another language is left, also where they go wrong."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from presence.tests.factories import PresenceFactory, SessionFactory
from stats.services.sealing import seal_attendance
from stats.tests.factories import AccessLogFactory
from stats.tests.test_console_links import MACHINE_MADE, sentences
from webinars.tests.console_people import sign_in
from webinars.tests.factories import (
    AgencyMemberFactory,
    MessageFactory,
    QuestionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
OVER = START + timedelta(hours=3)
# Neither language: the letters of a hash.
HASHES = re.compile(r"<code[^>]*>[^<]*</code>|<span [^>]*data-copied-text>[^<]*</span>")
WORD = re.compile(r"[A-Za-z]{2,}")
# Names that are written so in Korean, too.
NAMES = {"EventFlow", "Excel", "CSV", "SHA", "Asia", "Seoul"}


@pytest.fixture
def webinar(db):
    with time_machine.travel(START - timedelta(days=1), tick=False):
        return webinar_with_people()


def webinar_with_people():
    found = WebinarFactory(
        title="출석",
        client__name="고객",
        client__agency__name="대행사",
        webinar_start_time=START,
        webinar_scheduled_end_time=START + timedelta(hours=1),
        webinar_actual_end_time=START + timedelta(hours=1),
        state="ended",
    )
    registered = RegistrationFactory(
        webinar=found, user=UserFactory(display_name="김민준", email="1@1.kr"), source="1"
    )
    was_there(found, registered.user, 0, 60)
    was_there(found, registered.user, 10, 20)
    was_there(found, UserFactory(display_name="이서연", email="2@1.kr"), 0, 20)
    was_there(found, UserFactory(display_name="박지호", email="3@1.kr"), -20, -10)
    RegistrationFactory(webinar=found, user=UserFactory(display_name="최", email="1+1@1.kr"))
    with time_machine.travel(START + timedelta(minutes=5), tick=False):
        PresenceFactory(webinar=found, user=UserFactory(display_name="정", email="4@1.kr"))
    SessionFactory(webinar=found, user=None, entered_at=START, exited_at=START, closed_reason="timeout")
    AccessLogFactory(webinar=found, time_bucket=START, max_participants=40, sum_participants=100)
    MessageFactory(webinar=found, user=registered.user, body="안녕하세요")
    QuestionFactory(webinar=found, user=registered.user, body="다시 볼 수 있나요?", status="answered")
    return found


def was_there(webinar, person, entered, left):
    SessionFactory(
        webinar=webinar,
        user=person,
        entered_at=START + timedelta(minutes=entered),
        last_heartbeat_at=START + timedelta(minutes=left),
        exited_at=START + timedelta(minutes=left),
        closed_reason="exit",
        user_agent="Mobi",
    )


@pytest.fixture
def reader(webinar):
    def of(role):
        person = UserFactory(display_name="한지원", email="5@1.kr", is_staff=True)
        return AgencyMemberFactory(agency=webinar.agency, role=role, user=person).user

    return of


def content(browser, url, **query):
    answer = browser.get(url, query, headers={"accept-language": "ko"})
    assert answer.status_code == 200
    ours = answer.text.split('<div class="ef-live"')[1].split(">", 1)[1].split('id="modal-overlay"')[0]
    return HASHES.sub("", ours.rpartition("<")[0])


def foreign(text):
    found = {
        sentence
        for sentence in sentences(text)
        if MACHINE_MADE.search(sentence) or set(WORD.findall(sentence.replace("1.kr", ""))) - NAMES
    }
    return sorted(found)


@pytest.mark.parametrize("role", ["owner", "viewer"])
@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("page", ["attendance", "statistics", "compare", "live"])
def test_no_other_language_is_left(client, webinar, reader, page, sealed, role):
    other = WebinarFactory(title="다른", client=webinar.client, state="ended", webinar_start_time=START)
    browser = sign_in(client, reader(role))
    with time_machine.travel(OVER, tick=False):
        if sealed:
            seal_attendance(webinar=webinar, now=OVER)
            author = UserFactory(display_name="오하늘")
            seal_attendance(webinar=webinar, now=OVER, reason="정정", author=author, seen_version=1)

        text = content(
            browser, reverse(f"admin:webinars_webinar_{page}", args=[webinar.pk]), **{"with": other.pk, "sort": "x"}
        )

    assert foreign(text) == []
