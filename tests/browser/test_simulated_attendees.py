"""The demo's simulated attendees against the real servers. No browser here, but the same site."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from eventflow.demo import texts
from eventflow.demo.attendees import Attendee, Crowd, Refused
from presence.models import LivePresence, UserSession
from webinars.models import Message, Question, Registration, Webinar
from webinars.services.sample_people import issue_sample_passes
from webinars.tests.factories import WebinarFactory


@pytest.fixture
def webinar(live_site):
    return WebinarFactory(slug="demo", state="live", access_policy="auth")


def tokens_for(webinar, *, count=1, age=timedelta()):
    made = issue_sample_passes(webinar=webinar, count=count, group="crowd", now=timezone.now() - age)
    return [sample.token for sample in made]


def run(live_site, tokens, scene, *, issued_at=None):
    """Play `scene(attendee)` with the first of the crowd, away from Playwright's event loop."""

    async def play():
        async with httpx.AsyncClient(base_url=live_site.url, trust_env=False) as client:
            sockets = f"ws://127.0.0.1:{live_site.web.environ['SOCKET_PORT']}"
            crowd = Crowd("demo", client, sockets, tokens, issued_at=issued_at or time.monotonic())
            await scene(Attendee(crowd, 0))
            return crowd

    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, play()).result(60)


def test_a_visit_leaves_a_session_presence_and_a_message(live_site, webinar):
    async def scene(attendee):
        await attendee.track(fresh=True)
        await attendee.chat()
        await attendee.ping()
        await attendee.leave()

    crowd = run(live_site, tokens_for(webinar), scene)

    assert crowd.tally == {"tracks": 1, "messages": 1, "pings": 1, "exits": 1}
    assert UserSession.objects.get(webinar=webinar).closed_reason == "exit"
    assert LivePresence.objects.filter(webinar=webinar).count() == 1
    assert Message.objects.get(webinar=webinar).author_name == Registration.objects.get().user.display_name


def test_a_visit_keeps_a_socket_open_and_ends_it(live_site, webinar):
    async def scene(attendee):
        await attendee.visit(minutes=0.02)

    crowd = run(live_site, tokens_for(webinar), scene)

    assert (crowd.tally["tracks"], crowd.tally["sockets"], crowd.tally["exits"]) == (1, 1, 1)
    assert crowd.inside == 0


def test_people_ask_and_vote_for_what_others_ask(live_site, webinar):
    Webinar.objects.update(questions_moderated=False)

    async def scene(attendee):
        await attendee.ask()
        await attendee.vote()  # there is only a question of their own
        other = Attendee(attendee.crowd, 1)
        await other.vote()
        await other.vote()  # and none that they have not voted for

    crowd = run(live_site, tokens_for(webinar, count=2), scene)

    assert crowd.tally == {"questions": 1, "votes": 1}
    [question] = Question.objects.all()
    assert (question.body in texts.CROWD_QUESTIONS, question.upvote_count) == (True, 1)


def test_who_may_not_write_goes_on_listening(live_site, webinar):
    tokens = tokens_for(webinar)
    Registration.objects.update(muted_until=timezone.now() + timedelta(hours=1))

    async def scene(attendee):
        await attendee.patiently(attendee.chat)
        await attendee.patiently(attendee.ask)

    crowd = run(live_site, tokens, scene)

    assert crowd.tally == {"refused muted": 2}


def test_a_session_that_was_closed_meanwhile_is_followed_by_a_new_one(live_site, webinar):
    async def scene(attendee):
        await attendee.track(fresh=True)
        await attendee.leave()
        await attendee.ping()

    run(live_site, tokens_for(webinar), scene)

    assert sorted(UserSession.objects.values_list("closed_reason", flat=True), key=str) == [None, "exit"]


def test_a_pass_is_renewed_before_it_ends_only_once_for_many_calls(live_site, webinar):
    [old] = tokens_for(webinar)

    async def scene(attendee):
        await asyncio.gather(*(attendee.renew(instead_of=old) for _ in range(5)))
        await attendee.track(fresh=True)

    crowd = run(live_site, [old], scene)

    assert crowd.tally == {"renewals": 1, "tracks": 1}


def test_a_pass_that_ends_soon_is_renewed_on_coming(live_site, webinar):
    tokens = tokens_for(webinar, age=timedelta(minutes=8))

    async def scene(attendee):
        await attendee.visit(minutes=0.01)

    crowd = run(live_site, tokens, scene)

    assert (crowd.tally["renewals"], crowd.tally["tracks"]) == (1, 1)
    assert crowd.tokens == tokens


def test_a_pass_that_expired_while_the_server_was_away_is_made_anew(live_site, webinar, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", live_site.web.environ["DATABASE_URL"])
    expired = tokens_for(webinar, age=timedelta(minutes=15))

    async def scene(attendee):
        await attendee.track(fresh=True)

    crowd = run(live_site, expired, scene, issued_at=time.monotonic() - 900)

    assert crowd.tokens != expired
    assert UserSession.objects.filter(webinar=webinar).count() == 1


def test_who_is_refused_does_not_insist(live_site, webinar):
    tokens = tokens_for(webinar)
    Registration.objects.update(banned_at=timezone.now())

    async def scene(attendee):
        with pytest.raises(Refused) as refusal:
            await attendee.track(fresh=True)
        assert refusal.value.status == 403

    run(live_site, tokens, scene)

    assert not UserSession.objects.exists()
