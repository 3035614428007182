from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db.models import Count, F, Max, Sum

from eventflow.demo import sample_data
from presence.models import LivePresence, UserSession
from stats.models import AccessLog
from stats.selectors.attendance import AttendanceQuery, attendance_page
from stats.selectors.reconciliation import reconciliation
from stats.selectors.verification import verify
from stats.services.sealing import seal_attendance, seal_due
from webinars.models import (
    Agency,
    AgencyMember,
    AuditEntry,
    Campaign,
    CampaignQuestion,
    Client,
    ClientMember,
    ConsentText,
    ConsentVersion,
    Message,
    Question,
    QuestionVote,
    Registration,
    User,
    Webinar,
)
from webinars.selectors.access import decide_access, webinar_and_person
from webinars.selectors.consents import asked_consents
from webinars.services.campaigns import Submission, enter_campaign
from webinars.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 6, 3, 7, 21, tzinfo=UTC)
TABLES = [
    Agency, Client, AgencyMember, ClientMember, User, Webinar, Registration, UserSession, LivePresence, AccessLog,
    Message, Question, QuestionVote, AuditEntry, Campaign, CampaignQuestion, ConsentText, ConsentVersion,
]  # fmt: skip


def load(now: datetime = NOW) -> None:
    sample_data.load(password="a-password-for-tests", now=now)


def rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in TABLES}


def webinar(slug: str) -> Webinar:
    return Webinar.objects.get(slug=slug)


def test_there_are_an_agency_two_clients_and_four_webinars():
    load()

    assert Agency.objects.count() == 1
    assert Client.objects.count() == 2
    assert dict(Webinar.objects.values_list("slug", "state")) == {
        "demo": "live",
        "ai-quality-inspection": "scheduled",
        "predictive-maintenance": "scheduled",
        "cloud-cost": "ended",
    }


def test_loading_again_adds_nothing():
    load()
    before = rows()

    load(NOW + timedelta(days=3))

    assert rows() == before


def test_everybody_printed_can_sign_in_and_sees_what_their_part_allows(client):
    load()

    for person in sample_data.SIGN_INS:
        assert client.login(username=person.email, password="a-password-for-tests"), person.email
    seen = {
        person.email.split("@")[0]: Webinar.objects.visible_to(User.objects.get(email=person.email)).count()
        for person in sample_data.SIGN_INS
    }
    assert seen == {
        "admin": 4, "owner": 4, "agency-admin": 4, "operator": 4, "analyst": 2, "viewer": 2, "other-operator": 2,
        "moderator": 0, "presenter": 0, "attendee": 0, "attendee2": 0,
    }  # fmt: skip


def test_who_leads_the_live_room_is_let_in_in_that_part():
    load()

    parts = {}
    for part in ("moderator", "presenter"):
        user = User.objects.get(email=f"{part}@eventflow.example")
        found = webinar_and_person("demo", user_id=user.pk)
        parts[part] = decide_access(webinar=found[0], person=found[1], now=NOW).role.value
    assert parts == {"moderator": "moderator", "presenter": "presenter"}


def test_the_live_room_has_a_notice_a_removed_message_and_somebody_who_is_muted():
    load()
    demo = webinar("demo")

    assert (demo.notice_author, demo.notice_set_at) == ("정다은", NOW)
    messages = list(Message.objects.filter(webinar=demo).order_by("seq"))
    assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
    assert [message.created_at for message in messages] == sorted(message.created_at for message in messages)
    [removed] = [message for message in messages if message.deleted_at]
    assert (demo.chat_room.last_seq, demo.chat_room.last_changed_seq) == (len(messages), removed.changed_seq)
    muted = Registration.objects.get(webinar=demo, muted_until__gt=NOW)
    assert muted.user == removed.user
    assert sorted(AuditEntry.objects.values_list("action", flat=True)) == [
        "member.muted", "message.deleted", "notice.set",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "states"),
    [
        ("demo", {"pending": 2, "published": 3, "answered": 2, "archived": 1}),
        ("cloud-cost", {"pending": 1, "published": 2, "answered": 5, "archived": 1}),
    ],
)
def test_there_are_questions_in_every_state_with_as_many_votes_as_they_say(slug, states):
    load()
    questions = Question.objects.filter(webinar__slug=slug).annotate(found=Count("votes")).order_by("seq")

    assert {state: sum(one.status == state for one in questions) for state in states} == states
    assert [one.seq for one in questions] == list(range(1, len(questions) + 1))
    assert sorted(one.changed_seq for one in questions) == list(range(1, len(questions) + 1))
    assert [one.found for one in questions] == [one.upvote_count for one in questions]
    assert not QuestionVote.objects.filter(question__webinar__slug=slug, user=F("question__user")).exists()
    room = webinar(slug).question_room
    assert (room.last_seq, room.last_changed_seq) == (len(questions), len(questions))


def test_a_room_where_people_have_talked_is_left_as_it_is():
    load()
    Question.objects.filter(webinar__slug="demo").delete()
    Webinar.objects.filter(slug="demo").update(notice="", notice_author="", notice_message_id=None, notice_set_at=None)

    load(NOW + timedelta(minutes=1))

    assert (webinar("demo").notice, webinar("demo").questions.count()) == ("", 0)


def test_a_password_from_another_data_folder_is_replaced(client):
    load()

    sample_data.load(password="another-password", now=NOW)

    assert client.login(username="owner@eventflow.example", password="another-password")


@pytest.mark.parametrize("later", [timedelta(minutes=40), timedelta(hours=9), timedelta(days=40)])
def test_the_demo_is_live_whenever_it_is_loaded(later):
    load()

    load(NOW + later)

    demo = webinar("demo")
    assert demo.state == "live"
    assert demo.content_window.contains(NOW + later)
    assert demo.content_window.end - (NOW + later) >= timedelta(minutes=20)


def test_a_demo_that_somebody_ended_is_live_again():
    load()
    Webinar.objects.filter(slug="demo").update(state="ended", webinar_actual_end_time=NOW)

    load(NOW + timedelta(minutes=1))

    assert webinar("demo").state == "live"
    assert webinar("demo").webinar_actual_end_time is None


def test_a_demo_that_was_ended_and_sealed_makes_room_for_another():
    load()
    Webinar.objects.filter(slug="demo").update(state="ended", webinar_actual_end_time=NOW)
    sealed = seal_attendance(webinar=webinar("demo"), now=NOW + timedelta(hours=1))

    load(NOW + timedelta(hours=2))
    load(NOW + timedelta(hours=2))

    demo = webinar("demo")
    assert (demo.state, demo.attendance_seals.count()) == ("live", 0)
    assert Webinar.objects.get(pk=sealed.webinar_id).slug == "demo-2026-03-06-050721"


def test_a_running_demo_keeps_its_start_when_it_is_loaded_again():
    load()
    start = webinar("demo").webinar_start_time

    load(NOW + timedelta(minutes=40))

    assert webinar("demo").webinar_start_time == start


def test_the_live_webinar_is_extended_only_when_its_end_comes_near():
    load()  # at 03:07, so it begins at 03:05 and is planned to end at 05:05

    assert sample_data.extend_live_webinar(now=NOW.replace(hour=4, minute=34)) == 0
    assert sample_data.extend_live_webinar(now=NOW.replace(hour=4, minute=36)) == 1
    assert webinar("demo").webinar_scheduled_end_time == NOW.replace(hour=6, minute=0, second=0)


def test_the_live_webinar_goes_on_after_the_machine_slept():
    load()

    sample_data.extend_live_webinar(now=NOW + timedelta(hours=7))

    assert webinar("demo").content_window.contains(NOW + timedelta(hours=8))


def test_the_upcoming_webinar_stays_ahead():
    load()

    load(NOW + timedelta(days=30))

    assert webinar("ai-quality-inspection").webinar_start_time > NOW + timedelta(days=32)


def test_one_page_registers_for_both_upcoming_webinars():
    load()
    person = UserFactory(email="kim@example.com")
    campaign = Campaign.objects.get()
    consents = {version.pk: True for version in asked_consents(campaign.client_id, campaign_id=campaign.pk)}
    sent = Submission(email=person.email, name="김하늘", consents=consents, is_proven=True)

    entered = enter_campaign(campaign=campaign, user=person, submission=sent, now=NOW)

    assert [found.slug for found in entered.webinars] == ["ai-quality-inspection", "predictive-maintenance"]
    assert [version.is_required for version in ConsentVersion.objects.order_by("-is_required")] == [True, False]
    assert webinar("predictive-maintenance").access_policy == "name_email_auth"


def test_the_history_of_the_ended_webinar_agrees_with_itself():
    load()
    ended = webinar("cloud-cost")
    start, end = ended.content_window

    people = set(UserSession.objects.filter(webinar=ended).values_list("user", flat=True))
    registered = set(Registration.objects.filter(webinar=ended).values_list("user", flat=True))
    present = set(LivePresence.objects.filter(webinar=ended).values_list("user", flat=True))
    assert people == present
    assert people < registered

    assert not UserSession.objects.filter(webinar=ended, exited_at=None).exists()
    assert UserSession.objects.filter(webinar=ended, closed_reason="timeout").exists()
    logs = AccessLog.objects.filter(webinar=ended)
    figures = logs.aggregate(samples=Sum("sample_count"), peak=Max("max_participants"), last=Max("last_sample_at"))
    minutes = (figures["last"] - logs.order_by("time_bucket")[0].first_sample_at) / timedelta(minutes=1)
    assert figures["samples"] == minutes + 1
    assert len(people) * 0.5 < figures["peak"] <= len(people)
    at_peak = logs.order_by("-max_participants", "time_bucket")[0]
    there = UserSession.objects.filter(
        webinar=ended,
        entered_at__lt=at_peak.time_bucket + timedelta(seconds=300),
        exited_at__gt=at_peak.time_bucket - timedelta(seconds=180),
    ).aggregate(people=Count("user", distinct=True))
    assert there["people"] >= figures["peak"]

    messages = list(Message.objects.filter(webinar=ended).order_by("seq"))
    assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
    assert [message.created_at for message in messages] == sorted(message.created_at for message in messages)
    assert start - timedelta(minutes=5) < messages[0].created_at < messages[-1].created_at < end
    assert ended.chat_room.last_seq == len(messages)


def test_who_chatted_in_the_ended_webinar_was_there_at_that_moment():
    load()

    for message in Message.objects.filter(webinar__slug="cloud-cost", is_host=False):
        assert UserSession.objects.filter(
            webinar=message.webinar_id,
            user=message.user_id,
            entered_at__lte=message.created_at,
            exited_at__gt=message.created_at,
        ).exists(), message


def test_the_ended_webinar_is_sealed_by_the_job_and_its_figures_stay_what_they_were():
    load()
    ended = webinar("cloud-cost")
    query, now = AttendanceQuery(limit=200), NOW + timedelta(minutes=1)
    before = attendance_page(webinar=ended, query=query, may_see_personal=True, now=NOW)
    add_up = reconciliation(ended, NOW)

    sealed = seal_due(now)
    cache.clear()
    after = attendance_page(webinar=ended, query=query, may_see_personal=True, now=now)

    assert (sealed, seal_due(now)) == (1, 0)
    assert (before["sealed"], after["sealed"]["version"]) == (None, 1)
    assert after["totals"] == before["totals"]
    assert {row["userId"]: {**row, "strip": None} for row in after["rows"]} == {
        row["userId"]: {**row, "strip": None} for row in before["rows"]
    }
    assert reconciliation(ended, now)["figures"] == add_up["figures"]
    assert (add_up["figures"]["registered"], add_up["figures"]["attendedNotRegistered"]) == (143, 0)
    verdict = verify(ended, now=now)
    assert (verdict.differences, verdict.notes) == ((), ())
