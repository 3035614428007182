"""Questions to the hosts: asked, published, voted for, answered; by whoever uses a keyboard, and without a socket."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import PHONE, Visitor
from webinars.models import Question, QuestionRoom, User, Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast, tell_person
from webinars.tests.factories import QuestionFactory, RegistrationFactory, UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"
WAITS = "Waits for a host. Only you and the hosts see it."
Arrive = Callable[..., Visitor]


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(slug="demo", title="웨비나 운영법", player="iframe", player_url=STAGE)
    return webinar


@pytest.fixture
def enter(visitor: Arrive, webinar: Webinar) -> Callable[..., Visitor]:
    """People in the room, with the questions open."""

    def come(name: str, *, role: str = "attendee", looking: bool = True, **options: Any) -> Visitor:
        person = visitor(**{"locale": "en-GB"} | options)
        user = UserFactory(display_name=name)
        RegistrationFactory(webinar=webinar, user=user, role=role)
        person.sign_in(user)
        person.enter("demo")
        if looking:
            tab(person).click()
        return person

    return come


def asked(webinar: Webinar, *bodies: str, **facts: Any) -> list[Question]:
    """Questions of the webinar, numbered as the room numbers them."""
    room, _ = QuestionRoom.objects.get_or_create(webinar=webinar)
    questions = []
    for body in bodies:
        room.last_seq += 1
        room.last_changed_seq += 1
        numbers = {"seq": room.last_seq, "changed_seq": room.last_changed_seq}
        questions.append(QuestionFactory(webinar=webinar, body=body, **numbers, **facts))
    room.save()
    return questions


def tab(person: Visitor) -> Locator:
    return person.page.get_by_role("tab", name=re.compile("Q&A"))


def question(person: Visitor, text: str) -> Locator:
    return person.page.locator("[data-questions-list] > li").filter(has_text=text)


def bodies(person: Visitor) -> Locator:
    return person.page.locator("[data-questions-list] [data-q-body]")


def votes(person: Visitor, text: str) -> Locator:
    return question(person, text).get_by_role("button", name=re.compile("^Vote for this question"))


def choose(person: Visitor, name: str) -> None:
    person.page.get_by_role("button", name=re.compile(f"^{name} \\d+$")).click()


def ask(person: Visitor, text: str, *, anonymously: bool = False) -> None:
    field = person.page.get_by_role("textbox", name="Your question")
    field.fill(text)
    if anonymously:
        person.page.get_by_role("checkbox", name="Ask anonymously").check()
    field.press("Control+Enter")


def stand_still(person: Visitor) -> None:
    """From here on the page's time passes only when a test says so: a reader is as busy as at their last touch."""
    now = person.page.evaluate("Date.now()")
    person.page.clock.install(time=now)
    person.page.clock.pause_at(now + 1)


def test_a_question_on_its_way_from_the_asker_to_everybody(enter: Callable[..., Visitor]) -> None:
    asker, host = enter("Yoon"), enter("Han", role="presenter")
    other = enter("Park", looking=False)

    ask(asker, "Is there a recording?", anonymously=True)
    waiting = question(host, "Is there a recording?")
    expect(waiting).to_contain_text("Yoon")
    expect(waiting.get_by_text("asked anonymously")).to_be_visible()
    expect(question(asker, "Is there a recording?").get_by_text(WAITS)).to_be_visible()
    expect(question(other, "Is there a recording?")).to_have_count(0)

    waiting.get_by_role("button", name="Publish").click()
    expect(tab(other)).to_contain_text("1 new")
    tab(other).click()
    expect(question(other, "Is there a recording?")).to_contain_text("Anonymous")
    expect(other.page.locator("[data-questions]")).not_to_contain_text("Yoon")
    expect(tab(other)).not_to_contain_text("new")

    votes(other, "Is there a recording?").click()
    choose(host, "Published")
    for person in (asker, host, other):
        expect(votes(person, "Is there a recording?")).to_have_accessible_name("Vote for this question, 1 vote")
    expect(votes(other, "Is there a recording?")).to_have_attribute("aria-pressed", "true")
    expect(votes(asker, "Is there a recording?")).to_be_disabled()

    question(host, "Is there a recording?").get_by_role("button", name="Answer", exact=True).click()
    host.page.keyboard.type("Yes: https://example.com/replay")
    host.page.keyboard.press("Control+Enter")
    for person in (asker, host, other):
        choose(person, "Answered")
        answer = question(person, "Is there a recording?")
        expect(answer).to_contain_text("Answer from Han")
        expect(answer.get_by_role("link")).to_have_attribute("rel", re.compile("noopener"))
    assert Question.objects.values_list("status", "upvote_count", "is_anonymous").get() == ("answered", 1, True)


def test_a_question_that_was_not_stored_is_sent_again_and_can_be_withdrawn(enter: Callable[..., Visitor]) -> None:
    person = enter("Yoon")
    person.expected_errors.append("503")
    refusal = {"success": False, "code": "unavailable", "error": "Busy."}

    def busy(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, json=refusal)
        else:
            route.fallback()

    person.context.route("**/questions", busy)
    ask(person, "What does it cost?")
    failed = question(person, "What does it cost?")
    expect(failed).to_contain_text("That did not work. The connection is weak.")
    person.context.unroute("**/questions")
    failed.get_by_role("button", name="Send again").press("Enter")
    expect(failed.get_by_text(WAITS)).to_be_visible()
    stored = Question.objects.get()

    stand_still(person)
    failed.get_by_role("button", name="Withdraw").press("Enter")

    expect(failed.get_by_text("Withdrawn")).to_be_visible()
    expect(failed).to_be_focused()
    person.page.clock.run_for(4_000)
    expect(failed).to_have_count(0)
    expect(person.page.get_by_role("region", name="Questions")).to_be_focused()
    sent = person.calls("/questions")
    assert [each["client_id"] for each in sent] == [stored.client_message_id] * 2
    assert Question.objects.get().status == "archived"


def test_without_a_socket_questions_come_by_polling(enter: Callable[..., Visitor], visitor: Arrive) -> None:
    asker = enter("Yoon")
    cut_off = visitor(locale="en-GB")
    cut_off.sign_in(UserFactory(display_name="Park"))
    cut_off.context.route_web_socket("**/ws/**", lambda socket: socket.close(code=1013, reason="away"))
    cut_off.page.add_init_script("Math.random = () => 0.5")  # polling begins after 5 s, this part of it after 2.5 more
    cut_off.page.clock.install(time=0)
    cut_off.page.clock.pause_at(1_000)
    Webinar.objects.update(questions_moderated=False)
    page = cut_off.visit("/webinars/demo/live/")
    tab(cut_off).click()

    ask(asker, "Does this arrive?")
    expect(question(asker, "Does this arrive?")).to_have_attribute("data-status", "published")
    page.clock.run_for(7_400)
    assert cut_off.asked("/questions") == 0
    page.clock.run_for(200)
    expect(question(cut_off, "Does this arrive?")).to_contain_text("Yoon")
    page.clock.run_for(4_800)

    assert cut_off.asked("/questions") == 1
    with page.expect_response("**/questions?*"):
        page.clock.run_for(200)


def test_votes_move_nothing_under_a_readers_finger_and_take_no_focus(
    enter: Callable[..., Visitor], visitor: Arrive, webinar: Webinar
) -> None:
    _first, second, third = asked(webinar, "first", "second", "third", status="published")
    person = enter("Yoon", reduced_motion="reduce")
    page = person.page
    stand_still(person)
    votes(person, "third").focus()
    page.keyboard.press("Enter")
    expect(votes(person, "third")).to_have_accessible_name("Vote for this question, 1 vote")

    broadcast(webinar.pk, EventType.QUESTION_UPDATED, {"votes": {str(second.pk): 5}})
    expect(votes(person, "second")).to_have_accessible_name("Vote for this question, 5 votes")
    expect(bodies(person)).to_have_text(["first", "second", "third"])
    page.clock.run_for(4_000)

    expect(bodies(person)).to_have_text(["second", "third", "first"])
    expect(votes(person, "third")).to_be_focused()
    page.get_by_label("Order").select_option("time")
    expect(bodies(person)).to_have_text(["third", "second", "first"])
    page.get_by_label("Order").select_option("votes")
    assert page.evaluate("localStorage.getItem('eventflow.questions.sort')") == "votes"
    assert Question.objects.get(pk=third.pk).upvote_count == 1


def test_a_host_works_off_the_queue_by_keyboard(enter: Callable[..., Visitor], webinar: Webinar) -> None:
    asked(webinar, "one", "two")
    host = enter("Han", role="moderator", reduced_motion="reduce")
    page = host.page
    stand_still(host)

    question(host, "one").get_by_role("button", name="Publish").press("Enter")
    expect(question(host, "one")).to_contain_text("Published")
    expect(question(host, "one")).to_be_focused()
    page.clock.run_for(4_000)
    expect(bodies(host)).to_have_text(["two"])
    expect(question(host, "two")).to_be_focused()

    two = question(host, "two")
    two.get_by_role("button", name="Answer", exact=True).press("Enter")
    page.keyboard.type("A draft")
    page.keyboard.press("Escape")
    expect(two.get_by_role("button", name="Answer", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value("A draft")
    two.get_by_role("button", name="Cancel").press("Enter")

    two.get_by_role("button", name="Archive").press("Enter")
    expect(two).to_contain_text("Archived")
    page.locator(".toast").filter(has_text="Archived.").get_by_role("button", name="Undo").press("Enter")

    expect(two.get_by_role("button", name="Publish")).to_be_visible()
    assert list(Question.objects.order_by("seq").values_list("status", flat=True)) == ["published", "pending"]


def test_asking_can_be_switched_off_and_muted_while_people_are_in(
    enter: Callable[..., Visitor], webinar: Webinar
) -> None:
    asked(webinar, "kept", status="published")
    person = enter("Yoon")
    field = person.page.get_by_role("textbox", name="Your question")
    expect(field).to_be_visible()

    broadcast(webinar.pk, EventType.WEBINAR_STATE, {"state": "live", "questionsEnabled": False})
    expect(field).to_be_hidden()
    expect(person.page.get_by_text("The Q&A is switched off.")).to_be_visible()
    expect(question(person, "kept")).to_be_visible()
    broadcast(webinar.pk, EventType.WEBINAR_STATE, {"state": "live", "questionsEnabled": True})
    expect(field).to_be_visible()

    person.page.clock.install(time=timezone.now() + timedelta(hours=1))  # a visitor's clock may be wrong
    person.enter("demo")
    tab(person).click()
    user = User.objects.get(display_name="Yoon")
    until = (timezone.now() + timedelta(minutes=5)).isoformat()
    tell_person(webinar.pk, user.pk, EventType.MEMBER_MUTED, {"until": until})
    expect(field).to_be_hidden()
    expect(person.page.get_by_text(re.compile(r"You can ask again at \d"))).to_be_visible()
    tell_person(webinar.pk, user.pk, EventType.MEMBER_MUTED, {"until": None})
    expect(field).to_be_visible()


@pytest.mark.parametrize(("role", "theme"), [("attendee", "light"), ("presenter", "dark")])
def test_the_questions_suit_a_phone_and_axe_finds_nothing(
    enter: Callable[..., Visitor], webinar: Webinar, role: str, theme: str
) -> None:
    asked(webinar, "waits " + "x" * 90, is_anonymous=True)
    asked(webinar, "https://example.com/" + "a" * 200, status="published", upvote_count=12345)
    person = enter("Y" * 40, role=role, viewport=PHONE, color_scheme=theme, reduced_motion="reduce")
    page = person.page
    if role == "presenter":
        page.get_by_role("button", name="Answer", exact=True).click()
        expect(page.get_by_role("textbox", name="Your answer")).to_be_focused()
    else:
        page.get_by_role("textbox", name="Your question").fill("a" * 1001)
        expect(page.get_by_text("1 character too many")).to_be_visible()

    found = Axe().run(page).response["violations"]

    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
