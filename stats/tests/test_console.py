"""Statistics in the console: the live tab, the home page, and the read-only logs (spec 1, 6, 14)."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from presence.models import LivePresence, UserSession
from stats.models import AccessLog
from stats.services.snapshots import take_snapshot
from stats.tests.sealed import seal_rows
from webinars.models import Webinar
from webinars.services.live_pass import verify_pass
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory, WebinarFactory

NOW = datetime(2026, 3, 2, 1, 10, 30, tzinfo=UTC)  # 10:10:30 in Seoul
OURS = {"owner", "admin", "operator", "analyst", "viewer", "client_operator", "superuser"}
RUNNERS = {"owner", "admin", "operator", "client_operator", "superuser"}
MEMBERS = OURS | {"neighbour", "rival"}


@pytest.fixture(autouse=True)
def _the_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people(webinar):
    return people_around(webinar)


def enter(webinar, *, seen=NOW, name="Lee Seoyeon"):
    person = RegistrationFactory(webinar=webinar, user=UserFactory(display_name=name)).user
    tenant = {"client": webinar.client, "agency": webinar.agency}
    LivePresence.objects.create(
        webinar=webinar, user=person, joined_at=seen - timedelta(minutes=2), last_seen_at=seen, **tenant
    )
    UserSession.objects.create(
        webinar=webinar,
        user=person,
        session_id=str(uuid.uuid4()),
        entered_at=seen - timedelta(minutes=2),
        last_heartbeat_at=seen,
        ip_address="203.0.113.7",
        **tenant,
    )
    return person


def sample(webinar, *, at, counts):
    return AccessLog.objects.create(
        webinar=webinar,
        client=webinar.client,
        agency=webinar.agency,
        time_bucket=at,
        sample_count=len(counts),
        sum_participants=sum(counts),
        min_participants=min(counts),
        max_participants=max(counts),
        last_participants=counts[-1],
        first_sample_at=at,
        last_sample_at=at + timedelta(minutes=len(counts) - 1),
    )


def live_url(webinar):
    return reverse("admin:webinars_webinar_live", args=[webinar.pk])


def answers(people, ask):
    return {part: ask(sign_in(Browser(), person)).status_code for part, person in people.items()}


def table(allowed):
    return {part: 302 if part == "anonymous" else 200 if part in allowed else 404 for part in PARTS}


def test_the_live_tab_is_for_the_webinars_members(people, webinar):
    assert answers(people, lambda browser: browser.get(live_url(webinar))) == table(OURS)


def test_logs_open_for_those_who_may_see_them_and_nobody_writes_them(people, webinar):
    enter(webinar)
    session, log = UserSession.objects.get(), sample(webinar, at=NOW - timedelta(minutes=5), counts=[1])
    pages = {
        reverse("admin:presence_usersession_changelist"): MEMBERS - {"viewer"},
        reverse("admin:presence_usersession_change", args=[session.pk]): OURS - {"viewer"},
        reverse("admin:presence_usersession_add"): set(),
        reverse("admin:presence_usersession_delete", args=[session.pk]): set(),
        reverse("admin:presence_usersession_changelist") + f"?webinar={webinar.pk}": OURS - {"viewer"},
        reverse("admin:stats_accesslog_changelist"): MEMBERS,
        reverse("admin:stats_accesslog_change", args=[log.pk]): OURS,
        reverse("admin:stats_accesslog_add"): set(),
        reverse("admin:stats_accesslog_delete", args=[log.pk]): set(),
        reverse("admin:stats_accesslog_changelist") + f"?webinar={webinar.slug}": OURS,
        reverse("admin:django_celery_beat_periodictask_changelist"): {"superuser"},
        reverse("admin:account_emailaddress_changelist"): {"superuser"},
    }

    found = {page: answers(people, lambda browser, page=page: browser.get(page)) for page in pages}

    assert found == {page: table(allowed) for page, allowed in pages.items()}


@pytest.mark.parametrize("model", ["presence_usersession", "stats_accesslog"])
def test_logs_cannot_be_posted_to(client, people, webinar, model):
    enter(webinar)
    sample(webinar, at=NOW - timedelta(minutes=5), counts=[1])
    row = (UserSession if "session" in model else AccessLog).objects.get()

    answer = sign_in(client, people["superuser"]).post(reverse(f"admin:{model}_change", args=[row.pk]), {"x": "y"})

    assert answer.status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("model", ["presence_usersession", "stats_accesslog"])
def test_logs_cost_the_same_for_one_row_and_three(client, organizer, webinar, django_assert_num_queries, model, rows):
    for n in range(rows):
        enter(webinar)
        sample(webinar, at=NOW - timedelta(minutes=5 * n + 5), counts=[1])
    page = reverse(f"admin:{model}_changelist")
    sign_in(client, organizer).get(page)

    # 1. person 2.–3. memberships 4. webinar of the list 5. webinars of the filter 6. count 7. rows; and of sessions,
    # 8. with which others they overlap
    with django_assert_num_queries(8 if "session" in model else 7):
        assert client.get(page).status_code == 200


def test_the_live_tabs_numbers_equal_the_database(client, organizer, webinar):
    for seconds in (0, 100, 179, 181):
        enter(webinar, seen=NOW - timedelta(seconds=seconds))
    sample(webinar, at=NOW.replace(minute=0, second=0), counts=[1, 2, 6])
    sample(webinar, at=NOW.replace(minute=5, second=0), counts=[8, 7])

    page = sign_in(client, organizer).get(live_url(webinar))

    statistics = page.context["statistics"]
    assert {name: statistics[name] for name in statistics if name not in ("timeline", "currentParticipantList")} == {
        "currentParticipants": 3,
        "totalAttendees": 4,
        "maxConcurrentParticipants": 8,
        "avgConcurrentParticipants": 4.8,
        "peakTime": NOW.replace(minute=5, second=0),
        "timelineTruncated": False,
        "nextPollSeconds": 10,
        "asOf": NOW,
    }
    html = page.content.decode()
    shown = {
        name: html.split(f'data-figure="{name}">')[1].split("<")[0]
        for name in (
            "currentParticipants",
            "totalAttendees",
            "maxConcurrentParticipants",
            "avgConcurrentParticipants",
        )
    }
    assert list(shown.values()) == ["3", "4", "8", "4.8"]
    assert html.count('<th scope="row">Lee Seoyeon</th>') == 3
    assert "10:10:30" in html


def test_the_page_carries_a_managers_pass_for_this_webinar(client, organizer, webinar):
    page = sign_in(client, organizer).get(live_url(webinar))

    live_pass = verify_pass(page.context["config"]["token"])
    assert (live_pass.webinar_id, live_pass.user_id, live_pass.role) == (webinar.pk, organizer.pk, "manager")


def test_viewers_see_numbers_and_no_names(client, people, webinar):
    enter(webinar)

    html = sign_in(client, people["viewer"]).get(live_url(webinar)).content.decode()

    assert 'data-figure="currentParticipants">1<' in html
    assert "Lee Seoyeon" not in html


@pytest.mark.parametrize("more", [1, 3])
def test_the_live_tab_costs_the_same_for_one_person_and_three(
    client, organizer, webinar, django_assert_num_queries, more
):
    for n in range(more):
        enter(webinar)
        sample(webinar, at=NOW - timedelta(minutes=5 * n + 5), counts=[1])
    browser = sign_in(client, organizer)
    browser.get(reverse("admin:webinars_webinar_changelist"))

    # 1. person 2.–3. memberships 4. webinar 5. standing, for the pass 6. that they were seen 7. people now 8. buckets
    # 9. attended 10. messages 11. questions
    with django_assert_num_queries(11):
        browser.get(live_url(webinar))


def test_the_live_tab_of_a_sealed_webinar_says_so(client, organizer, webinar):
    ended = ended_minutes_ago(webinar, 50)
    browser = sign_in(client, organizer)
    before = browser.get(live_url(ended), headers={"accept-language": "en"}).text
    seal_rows(ended, [], totals={"people": {"attended": 104}})

    after = browser.get(live_url(ended), headers={"accept-language": "en"}).text

    assert [html.count('<span class="ef-seal-badge">Sealed</span>') for html in (before, after)] == [0, 1]


def test_opening_the_live_tab_counts_nobody(client, organizer, webinar):
    sign_in(client, organizer).get(live_url(webinar))

    assert (LivePresence.objects.count(), UserSession.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("state", "minutes_to_start", "steps"),
    [
        ("draft", 120, ["open-doors", "start"]),
        ("scheduled", 120, ["open-doors", "start"]),
        ("scheduled", 10, ["start"]),
        ("live", -10, ["extend", "end"]),
        ("scheduled", -10, ["start", "extend"]),
        ("ended", -120, []),
    ],
)
def test_the_live_tab_offers_the_steps_that_make_sense(client, organizer, webinar, state, minutes_to_start, steps):
    start = NOW + timedelta(minutes=minutes_to_start)
    Webinar.objects.filter(pk=webinar.pk).update(
        state=state,
        webinar_start_time=start,
        webinar_scheduled_end_time=start + timedelta(hours=1),
        webinar_actual_end_time=start + timedelta(hours=1) if state == "ended" else None,
    )

    page = sign_in(client, organizer).get(live_url(webinar))

    assert [item["step"].name for item in page.context["steps"]] == steps


@pytest.mark.parametrize("part", sorted(OURS))
def test_steps_are_offered_to_those_who_run_the_webinar(client, people, webinar, part):
    page = sign_in(client, people[part]).get(live_url(webinar))

    assert [item["step"].name for item in page.context["steps"]] == (["extend", "end"] if part in RUNNERS else [])


@pytest.mark.parametrize(
    ("state", "start", "end", "kind", "remaining"),
    [
        ("scheduled", 30, 90, "before", 30),
        ("live", -10, 50, "running", 50),
        ("live", -70, -10, "over", -10),
        ("live", -70, None, "open", None),
        ("ended", -70, -10, "ended", None),
    ],
)
def test_the_clock(client, organizer, webinar, state, start, end, kind, remaining):
    Webinar.objects.filter(pk=webinar.pk).update(
        state=state,
        webinar_start_time=NOW + timedelta(minutes=start),
        webinar_scheduled_end_time=NOW + timedelta(minutes=end) if end is not None else None,
        webinar_actual_end_time=NOW + timedelta(minutes=end) if state == "ended" else None,
    )

    clock = sign_in(client, organizer).get(live_url(webinar)).context["clock"]

    assert (clock.kind, clock.remaining) == (kind, timedelta(minutes=remaining) if remaining is not None else None)


def test_home_lists_their_webinars_with_their_numbers(client, organizer, webinar):
    rival = WebinarFactory(title="Somebody else's")
    coming = WebinarFactory(client=webinar.client, state="scheduled", webinar_start_time=NOW + timedelta(days=1))
    ended = WebinarFactory(client=webinar.client, state="ended", webinar_start_time=NOW - timedelta(days=1))
    enter(webinar)
    enter(rival)
    take_snapshot(now=NOW)
    sample(ended, at=ended.webinar_start_time.replace(second=0), counts=[4, 10, 10])

    page = sign_in(client, organizer).get("/console/")

    assert [(item["webinar"], item["people"], item["peak"]) for item in page.context["live"]] == [(webinar, 1, 1)]
    assert [item["webinar"] for item in page.context["coming"]] == [coming]
    assert [(item["webinar"], item["peak"], item["average"]) for item in page.context["ended"]] == [(ended, 10, 8)]
    assert "Somebody else" not in page.content.decode()


def test_home_says_when_counting_has_stopped(client, organizer, webinar):
    Webinar.objects.filter(pk=webinar.pk).update(webinar_start_time=NOW - timedelta(minutes=10))
    browser = sign_in(client, organizer)

    take_snapshot(now=NOW - timedelta(minutes=1))
    counting = browser.get("/console/").context["health"][0]
    AccessLog.objects.all().delete()
    take_snapshot(now=NOW - timedelta(minutes=4))
    stopped = browser.get("/console/").context["health"][0]

    assert (counting.ok, stopped.ok) == (True, False)


def ended_minutes_ago(webinar, minutes, **values):
    end = NOW - timedelta(minutes=minutes)
    start = end - timedelta(hours=1)
    return WebinarFactory(
        client=webinar.client,
        state="ended",
        webinar_start_time=start,
        webinar_scheduled_end_time=end,
        webinar_actual_end_time=end,
        post_window_minutes=30,
        **values,
    )


def test_home_shows_the_sealed_attendance(client, organizer, webinar):
    ended = ended_minutes_ago(webinar, 50)
    sample(ended, at=ended.webinar_start_time.replace(second=0), counts=[40, 61])
    seal_rows(ended, [], totals={"people": {"attended": 104}})

    page = sign_in(client, organizer).get("/console/", headers={"accept-language": "en"})

    facts = re.sub(r"<[^>]*>|\s+", " ", page.text.split('id="ended-title"')[1])
    assert "Sealed 104 attended · peak 61" in re.sub(" +", " ", facts)
    assert page.context["health"][-1].ok is True


@pytest.mark.parametrize(("minutes_ago", "overdue"), [(34, False), (35, True)])
def test_home_says_when_a_seal_is_overdue(client, organizer, webinar, minutes_ago, overdue):
    ended = ended_minutes_ago(webinar, minutes_ago, title="Not sealed")
    ended_minutes_ago(WebinarFactory(), 90, title="Somebody else's")

    page = sign_in(client, organizer).get("/console/", headers={"accept-language": "en"})

    fact = page.context["health"][-1]
    assert fact.ok is not overdue
    if overdue:
        url = reverse("admin:webinars_webinar_attendance", args=[ended.pk])
        assert f'<a class="ef-link" href="{url}">“Not sealed” is over and not sealed yet</a>' in page.text


def test_home_counts_the_overdue_seals(client, organizer, webinar):
    for minutes in (60, 50, 40):
        ended_minutes_ago(webinar, minutes, title=f"{minutes} ago")

    page = sign_in(client, organizer).get("/console/", headers={"accept-language": "en"})

    assert page.context["health"][-1].state == "“40 ago” is over and not sealed yet, and 2 more"


@pytest.mark.parametrize("more", [1, 3])
def test_home_costs_the_same_for_one_webinar_and_three(client, webinar, organizer, django_assert_num_queries, more):
    for state in ["live", "scheduled", "ended"] * more:
        enter(WebinarFactory(client=webinar.client, state=state))
    browser = sign_in(client, organizer)
    browser.get("/console/")

    # 1. person 2.–3. memberships 4. agencies that ask for a second factor 5. live 6. next 7. ended 8. people now
    # 9. peaks 10. seals 11. running 12. newest sample 13. jobs 14. overdue seals
    with django_assert_num_queries(14):
        browser.get("/console/")


def test_a_webinar_opens_on_its_live_tab(client, organizer, webinar):
    page = sign_in(client, organizer).get(reverse("admin:webinars_webinar_changelist"))

    assert f'href="{live_url(webinar)}' in page.content.decode()


def test_times_of_the_live_tab_are_in_the_webinars_zone(client, webinar):
    Webinar.objects.filter(pk=webinar.pk).update(time_zone="America/New_York")
    member = AgencyMemberFactory(agency=webinar.agency, role="viewer").user
    assert timezone.get_current_timezone_name() == "Asia/Seoul"

    html = sign_in(client, member).get(live_url(webinar)).content.decode()

    assert "20:10:30" in html
