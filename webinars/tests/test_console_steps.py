"""The steps of a webinar's life by their address: what makes no sense is answered with a sentence."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from webinars.admin.webinar_form import version_of
from webinars.models import Webinar
from webinars.tests.console_people import sign_in
from webinars.tests.factories import WebinarFactory

SENTENCES = {
    ("start", "live"): "This webinar has already started.",
    ("start", "ended"): "This webinar has already ended.",
    ("open-doors", "live"): "This webinar has already started.",
    ("open-doors", "ended"): "This webinar has already ended.",
    ("open-doors", "open"): "The doors are open already.",
    ("end", "draft"): "This webinar has not started yet.",
    ("end", "ended"): "This webinar has already ended.",
}


@pytest.fixture
def console(client, organizer):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return sign_in(client, organizer)


def put(webinar, state):
    """The webinar in that state; "open" is scheduled with its doors open."""
    now = timezone.now()
    Webinar.objects.filter(pk=webinar.pk).update(
        state="scheduled" if state == "open" else state,
        webinar_actual_end_time=now if state == "ended" else None,
        doors_opened_at=now if state == "open" else None,
    )
    webinar.refresh_from_db()


@pytest.mark.parametrize("ask", ["get", "post"])
@pytest.mark.parametrize(("step", "state"), SENTENCES)
def test_a_step_without_sense_leads_back_with_a_sentence(console, webinar, step, state, ask):
    put(webinar, state)
    before = (webinar.state, webinar.webinar_actual_end_time, webinar.updated_at)

    answer = getattr(console, ask)(reverse(f"admin:webinars_webinar_{step}", args=[webinar.pk]), follow=True)

    assert [target for target, _status in answer.redirect_chain] == [
        reverse("admin:webinars_webinar_live", args=[webinar.pk])
    ]
    assert [str(message) for message in answer.context["messages"]] == [SENTENCES[step, state]]
    webinar.refresh_from_db()
    assert (webinar.state, webinar.webinar_actual_end_time, webinar.updated_at) == before


def start_page(console, webinar):
    return console.get(reverse("admin:webinars_webinar_start", args=[webinar.pk])).content.decode()


def move(webinar, **times):
    Webinar.objects.filter(pk=webinar.pk).update(state="scheduled", time_zone="America/New_York", **times)


def test_starting_far_too_early_names_the_end_that_stays(console, webinar):
    move(
        webinar,
        webinar_start_time=timezone.now() + timedelta(days=365 * 50),
        webinar_scheduled_end_time=datetime(2096, 7, 1, 15, 0, tzinfo=UTC),
    )

    assert "The planned end stays at 1 Jul 2096, 11:00 (America/New_York)." in start_page(console, webinar)


@pytest.mark.parametrize(("early", "end"), [(timedelta(minutes=50), True), (timedelta(days=1), False)])
def test_starting_a_little_early_or_without_an_end_needs_no_word(console, webinar, early, end):
    start = timezone.now() + early
    move(webinar, webinar_start_time=start, webinar_scheduled_end_time=start + timedelta(hours=1) if end else None)

    assert "The planned end stays" not in start_page(console, webinar)


@pytest.mark.parametrize("moved", [timedelta(0), timedelta(hours=-1)])
def test_an_end_before_the_start_is_said_beside_the_end(console, webinar, moved):
    mine = WebinarFactory(client=webinar.client, state="draft", time_zone="UTC")
    url = reverse("admin:webinars_webinar_change", args=[mine.pk])
    start = mine.webinar_start_time
    data = {"title": mine.title, "slug": mine.slug, "time_zone": "UTC", "version": version_of(mine)}
    data |= {"post_window_minutes": "30", "state": "draft", "access_policy": "auth", "language": "ko"}
    data |= {"player": "youtube", "duplicate_login_policy": "replace", "bucket_seconds": "60"}
    data |= {"chat_slow_seconds": "0"}
    for name, moment in [("webinar_start_time", start), ("webinar_scheduled_end_time", start + moved)]:
        data |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}

    answer = console.post(url, data)

    assert answer.context["adminform"].form.errors == {
        "webinar_scheduled_end_time": ["The planned end must be after the start."]
    }
