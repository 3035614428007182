"""The room under way: presence, breaks in the connection, the webinar's end."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Route, WebSocketRoute, expect

from presence.models import UserSession
from tests.browser.conftest import LiveSite
from tests.browser.visitors import Visitor
from webinars.models import ChatRoom, Message, Webinar
from webinars.realtime.publish import shut_out
from webinars.services.webinar_life import end, open_doors, start
from webinars.tests.factories import MessageFactory, UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"
Arrive = Callable[..., Visitor]

HIDE = """(hidden) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => hidden ? "hidden" : "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(slug="demo", title="웨비나 운영법", player="iframe", player_url=STAGE)
    return webinar


@pytest.fixture
def attendee(visitor: Arrive, webinar: Webinar) -> Visitor:
    person = visitor()
    person.sign_in(UserFactory(display_name="이서연"))
    return person


def test_entering_begins_one_session_and_leaving_ends_it(attendee: Visitor) -> None:
    with attendee.page.expect_response("**/access/track"):
        attendee.enter("demo")
    session = UserSession.objects.get()
    assert session.exited_at is None

    attendee.visit("/")

    attendee.until(lambda: UserSession.objects.get().closed_reason == "exit")
    assert UserSession.objects.get().session_id == session.session_id


def test_a_hidden_tab_says_so_once_and_a_seen_one_at_once(attendee: Visitor) -> None:
    with attendee.page.expect_response("**/access/track"):
        attendee.enter("demo")

    with attendee.page.expect_response("**/presence/ping"):
        attendee.page.evaluate(HIDE, True)
    hidden = UserSession.objects.get().is_visible
    with attendee.page.expect_response("**/presence/ping"):
        attendee.page.evaluate(HIDE, False)

    assert hidden is False
    assert UserSession.objects.get().is_visible is True
    states = [body["view_state"]["is_visible"] for body in attendee.calls("/presence/ping")]
    assert states == [False, True]


def test_a_page_from_the_browsers_cache_begins_a_new_session(attendee: Visitor) -> None:
    with attendee.page.expect_response("**/access/track"):
        attendee.enter("demo")

    attendee.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    attendee.until(lambda: UserSession.objects.get().closed_reason == "exit")
    with attendee.page.expect_response("**/access/track"):
        attendee.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    expect(attendee.connection).to_have_attribute("data-connection", "live")
    first, second = [body["session_id"] for body in attendee.calls("/access/track")]
    assert first != second
    assert uuid.UUID(second).version == 4
    assert len(attendee.calls("/access/exit")) == 1


def test_without_a_socket_messages_come_by_polling(visitor: Arrive, attendee: Visitor) -> None:
    cut_off = visitor()
    cut_off.sign_in(UserFactory(display_name="박준호"))
    cut_off.context.route_web_socket("**/ws/**", lambda socket: socket.close(code=1013, reason="away"))
    cut_off.page.clock.install()
    cut_off.visit("/webinars/demo/live/")
    expect(cut_off.connection).to_have_attribute("data-connection", "reconnecting")
    cut_off.page.clock.fast_forward("00:07")
    expect(cut_off.connection).to_have_attribute("data-connection", "polling")
    attendee.enter("demo")

    attendee.says("소켓 없이도 보이나요")
    expect(cut_off.message("소켓 없이도 보이나요")).to_be_visible()
    cut_off.says("네, 보입니다")

    expect(attendee.message("네, 보입니다")).to_be_visible()
    expect(cut_off.message("네, 보입니다")).to_have_count(1)


def test_nothing_is_lost_over_a_break_of_the_socket(visitor: Arrive, attendee: Visitor) -> None:
    other = visitor()
    other.sign_in(UserFactory(display_name="박준호"))
    sockets: list[WebSocketRoute] = []

    def relay(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda frame: None if lost(frame) else socket.send(frame))

    def lost(frame: str | bytes) -> bool:
        return len(sockets) == 1 and "message.created" in str(frame)

    other.context.route_web_socket("**/ws/**", relay)
    other.enter("demo")
    attendee.enter("demo")
    attendee.says("이 메시지는 길에서 사라집니다")
    expect(attendee.message("사라집니다")).to_have_attribute("data-state", "sent")

    sockets[0].close(code=1012, reason="restart")

    expect(other.message("사라집니다")).to_have_count(1)
    expect(other.connection).to_have_attribute("data-connection", "live")


def test_a_message_that_was_not_stored_stays_and_is_sent_again(attendee: Visitor) -> None:
    attendee.expected_errors.append("503")
    attendee.enter("demo")
    refuse = {"success": False, "error": "busy", "code": "unavailable"}

    def busy(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, json=refuse)
        else:
            route.fallback()

    attendee.context.route("**/messages*", busy)
    attendee.says("한 번에 가지 않습니다")
    expect(attendee.message("한 번에 가지 않습니다")).to_have_attribute("data-state", "retrying")
    attendee.context.unroute("**/messages*")
    attendee.page.get_by_role("button", name="다시 보내기").click()

    expect(attendee.message("한 번에 가지 않습니다")).to_have_attribute("data-state", "sent")
    posts = attendee.calls("/messages")
    assert len({body["client_id"] for body in posts}) == 1
    assert len(posts) == 2


def test_composing_a_syllable_does_not_send(attendee: Visitor) -> None:
    attendee.enter("demo")
    attendee.composer.fill("조합 중")

    attendee.composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "isComposing": True, "bubbles": True})
    attendee.composer.press("Enter")

    expect(attendee.message("조합 중")).to_have_count(1)
    expect(attendee.message("조합 중")).to_have_attribute("data-state", "sent")
    assert len(attendee.calls("/messages")) == 1


def test_reading_back_is_not_disturbed_by_new_messages(visitor: Arrive, attendee: Visitor) -> None:
    reader = visitor()
    reader.sign_in(UserFactory(display_name="박준호"))
    attendee.enter("demo")
    attendee.says("\n".join(f"{line}번째 줄" for line in range(80)))
    expect(attendee.message("79번째 줄")).to_have_attribute("data-state", "sent")
    page = reader.enter("demo")
    page.locator("[data-chat-scroller]").evaluate("element => { element.scrollTop = 0 }")

    attendee.says("새 소식입니다")

    pill = page.get_by_role("button", name="새 메시지 1개")
    expect(pill).to_be_visible()
    assert page.locator("[data-chat-scroller]").evaluate("element => element.scrollTop") == 0
    pill.click()
    expect(reader.message("새 소식입니다")).to_be_in_viewport()
    expect(pill).to_be_hidden()


def test_whoever_reads_at_the_end_stays_there(visitor: Arrive, attendee: Visitor) -> None:
    reader = visitor()
    reader.sign_in(UserFactory(display_name="박준호"))
    attendee.enter("demo")
    attendee.says("\n".join(f"{line}번째 줄" for line in range(80)))
    expect(attendee.message("79번째 줄")).to_have_attribute("data-state", "sent")
    page = reader.enter("demo")

    for text in ("하나", "둘"):
        attendee.says(text)

    expect(reader.message("둘")).to_be_in_viewport()
    expect(page.locator("[data-chat-pill]")).to_be_hidden()


def test_a_long_chat_stays_bounded_and_a_readers_place_is_kept(
    visitor: Arrive, attendee: Visitor, webinar: Webinar
) -> None:
    reader = visitor()
    reader.sign_in(UserFactory(display_name="박준호"))
    page = reader.enter("demo")
    attendee.enter("demo")
    shown = page.locator("[data-chat-list] > li")
    page.evaluate(HIDE, True)

    fill_chat(webinar, first=1, last=1400)
    attendee.says("멀리 와서")
    expect(reader.message("멀리 와서")).to_be_attached()
    expect(shown).to_have_count(1401, timeout=15_000)
    page.evaluate(HIDE, False)
    place = reader.message("이야기 700.")
    place.evaluate("element => element.scrollIntoView()")
    before = place.bounding_box()
    fill_chat(webinar, first=1402, last=1800)
    attendee.says("더 멀리 와서")
    expect(reader.message("더 멀리 와서")).to_be_attached(timeout=15_000)
    expect(shown).to_have_count(1500, timeout=15_000)

    assert place.bounding_box() == before
    page.locator("[data-chat-pill]").click()
    attendee.says("끝에서")
    expect(reader.message("끝에서")).to_be_in_viewport()
    expect(shown).to_have_count(500)
    assert [int(seq) for seq in shown.evaluate_all("items => items.map((item) => item.dataset.seq)")] == list(
        range(1303, 1803)
    )


def fill_chat(webinar: Webinar, *, first: int, last: int) -> None:
    """Messages that came while the sockets were silent."""
    author = UserFactory(display_name="오세진")
    Message.objects.bulk_create(
        MessageFactory.build(
            webinar=webinar, user=author, seq=seq, client_message_id=f"fill-{seq}", body=f"이야기 {seq}."
        )
        for seq in range(first, last + 1)
    )
    ChatRoom.objects.update_or_create(webinar=webinar, defaults={"last_seq": last})


def test_whoever_was_away_hears_how_many_messages_came(visitor: Arrive, attendee: Visitor) -> None:
    away = visitor()
    away.sign_in(UserFactory(display_name="박준호"))
    page = away.enter("demo")
    attendee.enter("demo")
    page.evaluate(HIDE, True)

    for text in ("하나", "둘"):
        attendee.says(text)
    expect(away.message("둘")).to_be_attached()
    page.evaluate(HIDE, False)

    expect(page.get_by_role("button", name="새 메시지 2개")).to_be_visible()


def test_the_end_leads_everybody_to_the_last_page_also_who_comes_back(attendee: Visitor, webinar: Webinar) -> None:
    attendee.page.add_init_script("Math.random = () => 0")  # of the seconds over which a room is emptied, the first
    page = attendee.enter("demo")
    page.route("**/ended/", lambda route: route.fulfill(status=204))  # a browser stays where it is
    with page.expect_response("**/ended/"):
        end(webinar, now=timezone.now())
    page.unroute("**/ended/")

    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    page.wait_for_url("**/ended/")
    expect(attendee.page.get_by_role("heading", name="함께해 주셔서 감사합니다")).to_be_visible()


def test_the_waiting_room_lets_people_in_when_it_starts(attendee: Visitor, webinar: Webinar) -> None:
    Webinar.objects.update(
        state="scheduled",
        webinar_start_time=timezone.now() + timedelta(minutes=12),
        webinar_scheduled_end_time=timezone.now() + timedelta(minutes=72),
    )
    page = attendee.enter("demo")
    expect(page.get_by_text("12분 뒤에 시작합니다")).to_be_attached()
    expect(page.locator("iframe")).to_have_count(0)
    page.get_by_role("button", name="소리 확인").click()
    expect(page.get_by_text("두 음이 들리면")).to_be_visible()

    start(Webinar.objects.get(), now=timezone.now())

    expect(page.frame_locator("iframe").locator("[data-clock]")).to_be_visible()
    assert page.url.endswith("/live/")


def test_doors_that_are_opened_early_let_in_who_waits(attendee: Visitor, webinar: Webinar) -> None:
    later = timezone.now() + timedelta(days=2)
    Webinar.objects.update(
        state="scheduled", webinar_start_time=later, webinar_scheduled_end_time=later + timedelta(hours=1)
    )
    attendee.page.clock.install()
    attendee.page.add_init_script("Math.random = () => 0")  # of the seconds over which a crowd is let in, the first
    page = attendee.visit("/webinars/demo/live/")
    expect(page.get_by_text("이 페이지를 열어 두면")).to_be_visible()

    open_doors(Webinar.objects.get(), now=timezone.now())
    with page.expect_response("**/when.json"):
        page.clock.fast_forward("01:00")

    expect(attendee.connection).to_have_attribute("data-connection", "live")


def test_the_hls_library_is_fetched_for_hls_alone(attendee: Visitor, webinar: Webinar) -> None:
    attendee.expected_errors.append("404")
    library = "/chunks/hls_player-"
    page = attendee.enter("demo")
    expect(page.locator("iframe")).to_be_visible()
    assert not any(library in request.url for request in attendee.requests)

    Webinar.objects.update(player="hls", player_url="/static/no-such-stream.m3u8")
    with page.expect_request("**/no-such-stream.m3u8"):
        attendee.enter("demo")

    expect(page.get_by_label("영상: 웨비나 운영법")).to_be_visible()
    assert any(library in request.url for request in attendee.requests)


def test_before_the_doors_there_is_a_countdown_and_a_calendar_file(attendee: Visitor, webinar: Webinar) -> None:
    Webinar.objects.update(
        state="scheduled",
        webinar_start_time=timezone.now() + timedelta(days=2),
        webinar_scheduled_end_time=timezone.now() + timedelta(days=2, hours=1),
    )

    page = attendee.visit("/webinars/demo/live/")

    expect(page.locator("[data-part=days]")).to_have_text("1")
    with page.expect_download() as download:
        page.get_by_role("link", name="캘린더에 추가").click()
    text = download.value.path().read_text()
    assert "SUMMARY:웨비나 운영법" in text


def test_whoever_is_banned_leaves_at_once(attendee: Visitor, webinar: Webinar) -> None:
    sockets: list[str] = []
    attendee.page.on("websocket", lambda socket: sockets.append(socket.url))
    with attendee.page.expect_response("**/access/track"):
        page = attendee.enter("demo")
    expect(page.locator("[data-stage] iframe")).to_have_count(1)

    with page.expect_request("**/access/exit"):
        shut_out(webinar.pk, UserSession.objects.get().user_id)

    expect(attendee.connection).to_have_attribute("data-connection", "paused")
    expect(attendee.connection).to_contain_text("이 웨비나에 더 이상 참가할 수 없습니다")
    tabs, sentence = (page.locator(at).bounding_box() for at in (".tabs", "[data-connection-sentence]"))
    assert sentence["y"] >= tabs["y"] + tabs["height"]
    expect(page.locator("[data-stage] iframe")).to_have_count(0)
    assert len(sockets) == 1
