"""The attendees' pages as the server renders them; what they do in a browser is in tests/browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from webinars.calendar_file import calendar_file
from webinars.models import Registration, Webinar
from webinars.services.webinar_life import open_doors
from webinars.templatetags.webinar_chat import linked
from webinars.tests.factories import (
    ClientMemberFactory,
    MessageFactory,
    QuestionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def webinar() -> Webinar:
    webinar: Webinar = WebinarFactory(slug="demo", title="Quiet hours")
    return webinar


def test_home_lists_live_upcoming_and_past_webinars_and_no_drafts(client: Client) -> None:
    now = timezone.now()
    WebinarFactory(title="On air")
    WebinarFactory(title="Later", state="scheduled", webinar_start_time=now + timedelta(days=2))
    WebinarFactory(title="Sooner", state="scheduled", webinar_start_time=now + timedelta(days=1))
    WebinarFactory(title="Over", state="ended", webinar_start_time=now - timedelta(days=1))
    WebinarFactory(title="Secret", state="draft")

    page = client.get("/")

    assert [webinar.title for webinar in page.context["live"]] == ["On air"]
    assert [webinar.title for webinar in page.context["upcoming"]] == ["Sooner", "Later"]
    assert [webinar.title for webinar in page.context["past"]] == ["Over"]
    assert "Secret" not in page.text


def test_a_webinar_is_found_by_slug_and_by_id_and_a_draft_by_its_members_only(client: Client) -> None:
    draft = WebinarFactory(state="draft")
    member = ClientMemberFactory(client=draft.client).user
    webinar = WebinarFactory(slug="open-day")

    assert client.get("/webinars/open-day/").status_code == 200
    assert client.get(f"/webinars/{webinar.id}/").status_code == 200
    assert client.get(f"/webinars/{draft.slug}/").status_code == 404
    client.force_login(member, backend=BACKEND)
    assert client.get(f"/webinars/{draft.slug}/").status_code == 200


def test_registering_twice_keeps_one_registration(client: Client, webinar: Webinar) -> None:
    user = UserFactory()
    client.force_login(user, backend=BACKEND)

    first = client.post("/webinars/demo/register/")
    second = client.post("/webinars/demo/register/")

    assert (first.url, second.url) == ("/webinars/demo/live/", "/webinars/demo/live/")  # type: ignore[attr-defined]
    assert Registration.objects.filter(webinar=webinar, user=user).count() == 1


def test_registering_is_confirmed_once(client: Client, webinar: Webinar) -> None:
    later = timezone.now() + timedelta(days=1)
    Webinar.objects.update(
        state="scheduled", webinar_start_time=later, webinar_scheduled_end_time=later + timedelta(hours=1)
    )
    client.force_login(UserFactory(), backend=BACKEND)

    page = client.post("/webinars/demo/register/", headers={"Accept-Language": "ko"}, follow=True)

    assert page.text.count("등록했습니다.") == 1


def test_a_strangers_wish_to_register_is_fulfilled_after_signing_up_by_code(
    client: Client, webinar: Webinar, mailoutbox: list[EmailMessage]
) -> None:
    asked = client.post("/webinars/demo/register/")
    assert asked.url == "/accounts/signup/?next=/webinars/demo/register/"  # type: ignore[attr-defined]
    form = {"email": "new@example.com", "display_name": "Han Jiwon", "next": "/webinars/demo/register/"}

    client.post("/accounts/signup/", form)
    code = code_in(mailoutbox[0])
    client.post("/accounts/confirm-email/", {"code": code, "next": "/webinars/demo/register/"}, follow=True)

    registration = Registration.objects.get()
    user = registration.user
    assert (user.email, user.display_name, user.has_usable_password()) == ("new@example.com", "Han Jiwon", False)


def code_in(mail: EmailMessage) -> str:
    """The line that is nothing but the code."""
    (code,) = re.findall(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", mail.body, re.MULTILINE)
    assert code in mail.subject
    return str(code)


def test_a_link_alone_registers_nobody(client: Client, webinar: Webinar) -> None:
    client.force_login(UserFactory(), backend=BACKEND)

    answer = client.get("/webinars/demo/register/")

    assert answer.url == "/webinars/demo/"  # type: ignore[attr-defined]
    assert not Registration.objects.exists()


def test_members_are_not_registered(client: Client, webinar: Webinar) -> None:
    client.force_login(ClientMemberFactory(client=webinar.client).user, backend=BACKEND)

    client.post("/webinars/demo/register/")

    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    ("standing", "status", "template"),
    [
        ("stranger", 403, "webinars/refused.html"),
        ("banned", 403, "webinars/refused.html"),
        ("early", 200, "webinars/waiting.html"),
        ("attendee", 200, "webinars/live.html"),
    ],
)
def test_who_sees_what_at_the_door(
    client: Client, webinar: Webinar, standing: str, status: int, template: str
) -> None:
    if standing != "stranger":
        banned_at = timezone.now() if standing == "banned" else None
        registration = RegistrationFactory(webinar=webinar, banned_at=banned_at)
        client.force_login(registration.user, backend=BACKEND)
    if standing == "early":
        later = timezone.now() + timedelta(days=1)
        Webinar.objects.update(
            state="scheduled", webinar_start_time=later, webinar_scheduled_end_time=later + timedelta(hours=1)
        )

    page = client.get("/webinars/demo/live/")

    assert page.status_code == status
    assert page.templates[0].name == template


@pytest.mark.parametrize(
    ("standing", "policy", "may_enter"),
    [
        ("stranger", "auth", False),
        ("stranger", "open", True),
        ("signed-in", "auth", True),
        ("signed-in", "email_auth", False),
        ("attendee", "email_auth", False),
        ("attendee", "name_email_auth", True),
        ("banned", "auth", False),
        ("member", "email_auth", True),
    ],
)
def test_a_waiting_page_is_told_when_and_whether_it_may_come_in(
    client: Client, webinar: Webinar, standing: str, policy: str, may_enter: bool
) -> None:
    Webinar.objects.update(access_policy=policy)
    if standing == "signed-in":
        client.force_login(UserFactory(), backend=BACKEND)
    if standing in ("attendee", "banned"):
        banned_at = timezone.now() if standing == "banned" else None
        client.force_login(RegistrationFactory(webinar=webinar, banned_at=banned_at).user, backend=BACKEND)
    if standing == "member":
        client.force_login(ClientMemberFactory(client=webinar.client).user, backend=BACKEND)

    answer = client.get("/webinars/demo/when.json")

    start = webinar.webinar_start_time
    assert answer.json() == {
        "state": "live",
        "startTime": start.isoformat(),
        "doorsOpenAt": (start - timedelta(minutes=30)).isoformat(),
        "mayEnter": may_enter,
    }
    assert set(answer["Cache-Control"].split(", ")) == {"private", "no-store"}


def test_doors_that_are_opened_early_let_in_who_waits(client: Client, webinar: Webinar) -> None:
    later = timezone.now() + timedelta(days=1)
    Webinar.objects.update(
        state="scheduled", webinar_start_time=later, webinar_scheduled_end_time=later + timedelta(hours=1)
    )
    client.force_login(UserFactory(), backend=BACKEND)
    page = client.get("/webinars/demo/live/")
    before = client.get("/webinars/demo/when.json").json()

    open_doors(Webinar.objects.get(), now=timezone.now())
    after = client.get("/webinars/demo/when.json").json()

    assert page.context["when"] == before
    assert (before["mayEnter"], after["mayEnter"]) == (False, True)
    assert after["doorsOpenAt"] < before["doorsOpenAt"]


def test_a_draft_tells_its_time_to_its_members_only(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    draft = WebinarFactory(state="draft", slug="draft")
    client.force_login(UserFactory(), backend=BACKEND)
    with django_assert_num_queries(2):  # 1. the user 2. the webinar and how they stand to it
        assert client.get("/webinars/draft/when.json").status_code == 404

    client.force_login(ClientMemberFactory(client=draft.client).user, backend=BACKEND)

    assert client.get("/webinars/draft/when.json").json()["state"] == "draft"
    assert client.post("/webinars/draft/when.json").status_code == 405


def test_an_ended_webinar_leads_to_its_last_page(client: Client, webinar: Webinar) -> None:
    Webinar.objects.update(state="ended", webinar_actual_end_time=timezone.now())
    client.force_login(UserFactory(), backend=BACKEND)

    assert client.get("/webinars/demo/live/").url == "/webinars/demo/ended/"  # type: ignore[attr-defined]


def test_the_first_messages_are_in_the_page_as_text(client: Client, webinar: Webinar) -> None:
    MessageFactory(webinar=webinar, body="<script>alert(1)</script> https://example.com/a?b=1&c=2.")
    client.force_login(UserFactory(), backend=BACKEND)

    page = client.get("/webinars/demo/live/")

    assert "<script>alert" not in page.text
    assert 'href="https://example.com/a?b=1&amp;c=2"' in page.text


def test_the_live_page_may_be_kept_for_back_but_not_shared(client: Client, webinar: Webinar) -> None:
    client.force_login(UserFactory(), backend=BACKEND)

    page = client.get("/webinars/demo/live/")

    assert set(page["Cache-Control"].split(", ")) == {"private", "no-cache"}


@pytest.mark.parametrize(
    ("player", "address", "directive", "source"),
    [
        ("youtube", "https://youtu.be/x", "frame-src", "https://www.youtube-nocookie.com"),
        ("vimeo", "https://vimeo.com/1", "frame-src", "https://player.vimeo.com"),
        ("iframe", "https://stream.example/room?a=b", "frame-src", "https://stream.example"),
        ("hls", "https://cdn.example/live.m3u8", "connect-src", "https://cdn.example"),
    ],
)
def test_the_content_policy_lets_in_this_webinars_player_alone(
    client: Client, webinar: Webinar, player: str, address: str, directive: str, source: str
) -> None:
    Webinar.objects.update(player=player, player_url=address)
    client.force_login(UserFactory(), backend=BACKEND)

    live = policy(client.get("/webinars/demo/live/")["Content-Security-Policy"])
    landing = policy(client.get("/webinars/demo/")["Content-Security-Policy"])

    assert source in live[directive]
    assert source not in landing[directive]
    assert live["script-src"] == ["'self'"]
    assert live["style-src"] == ["'self'"]


def policy(header: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in header.split(";") if part.strip())}


@pytest.mark.parametrize("path", ["/", "/webinars/demo/", "/webinars/demo/live/", "/accounts/login/", "/nothing/"])
def test_pages_carry_no_inline_script_or_style(client: Client, webinar: Webinar, path: str) -> None:
    client.force_login(UserFactory(), backend=BACKEND)

    text = client.get(path).text

    assert " style=" not in text
    assert "<style" not in text
    assert " onclick=" not in text
    assert text.count("<script") == text.count("<script src=") + text.count('<script type="module" src=') + text.count(
        'type="application/json"'
    )


@pytest.mark.parametrize("count", [1, 3])
def test_what_pages_ask_the_database(
    client: Client, webinar: Webinar, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    WebinarFactory.create_batch(count)
    MessageFactory.create_batch(count, webinar=webinar)
    QuestionFactory.create_batch(count, webinar=webinar, status="published")
    with django_assert_num_queries(3):  # 1. live 2. upcoming 3. past
        client.get("/")
    with django_assert_num_queries(1):  # 1. the webinar
        client.get("/webinars/demo/")

    client.force_login(UserFactory(), backend=BACKEND)
    with django_assert_num_queries(4):  # 1. the user 2. the webinar and how they stand to it 3. messages 4. questions
        client.get("/webinars/demo/live/")


def test_a_calendar_file_names_the_moment_in_utc_and_keeps_its_identity() -> None:
    start = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    webinar = WebinarFactory(
        title="비용, 어디서부터; 줄일까" * 4,
        webinar_start_time=start,
        webinar_scheduled_end_time=start + timedelta(hours=1),
    )

    text = calendar_file(webinar=webinar, url="https://example.com/webinars/x/", now=start)

    lines = text.split("\r\n")
    assert "DTSTART:20260302T050000Z" in lines
    assert "DTEND:20260302T060000Z" in lines
    assert f"UID:{webinar.id}@eventflow" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "비용\\, 어디서부터\\; 줄일까" in text.replace("\r\n ", "")


def test_links_end_before_a_sentences_stop() -> None:
    assert linked("(https://example.com/a). & <b>") == (
        '(<a href="https://example.com/a" target="_blank" rel="noopener noreferrer nofollow ugc">https://example.com/a'
        "</a>). &amp; &lt;b&gt;"
    )


def test_somebody_with_an_account_who_tried_to_make_one_still_gets_in(client, webinar, mailoutbox, settings):
    user = UserFactory(email="known@example.com", password="a-long-enough-secret")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)

    client.post(f"/webinars/{webinar.slug}/register/")
    client.post("/accounts/signup/", {"email": user.email, "display_name": "Known"})
    client.post("/accounts/logout/", {"next": "/accounts/login/"})
    signed_in = client.post("/accounts/login/", {"login": user.email, "password": "a-long-enough-secret"})
    arrived = client.get(signed_in["Location"])

    assert len(mailoutbox) == 1
    assert signed_in["Location"] == f"/webinars/{webinar.pk}/register/"
    assert arrived["Location"] == f"/webinars/{webinar.slug}/live/"
    assert webinar.registrations.get().user == user
