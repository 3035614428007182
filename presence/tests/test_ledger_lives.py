"""Whole webinars through the services, and every figure after, against sets of whole seconds (spec 5 and 7)."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from eventflow.api.errors import WebinarClosed
from presence.services.sessions import close_stale_sessions
from presence.tests.ledger_oracle import PageAccount, Session, Times
from presence.tests.pages import Page
from presence.tests.test_ledger_rows import at, compare
from webinars.models import Webinar
from webinars.tests.factories import UserFactory, WebinarFactory

PEOPLE, PAGES = 8, 3
DOORS, POST, LENGTH = 1800, 600, 2400

# What the rules look at, a second before and after it, and anything else.
gaps = st.sampled_from([0, 1, 59, 60, 61, 120, 189, 190, 191, 299, 300, 301, 359, 360, 361]) | st.integers(0, 1200)
acts = st.tuples(
    st.integers(0, PAGES - 1), gaps, st.sampled_from(["track", "show", "hide", "ping", "leave", "late beacon"])
)
lives = st.tuples(st.integers(-DOORS - 100, LENGTH), st.lists(acts, min_size=2, max_size=14))
moments = st.integers(-600, LENGTH + 1800)
changes = st.tuples(
    moments, st.sampled_from(["planned end", "end", "start", "sweep"]), st.integers(-600, LENGTH + 900)
)


class Person:
    """Up to three pages side by side, each of which goes on in a new session when its own was closed."""

    def __init__(self, stage, user):
        self.stage, self.user = stage, user
        self.pages = [None] * PAGES
        self.accounts = []

    @property
    def sessions(self):
        return [account.session for account in self.accounts]

    def act(self, now, number, what):
        page, account = self.pages[number] or (None, None)
        if what == "late beacon":
            if account is not None and account.session.exited is not None:
                assert page.leave(at(now)) is False
                if self.stage.is_open(now):
                    assert page.track(at(now)).entered_at is None
                    assert page.ping(at(now), is_visible=True) is False
        elif account is None or account.session.exited is not None:
            self._enter(now, number)
        elif what == "leave":
            account.leave(now)
            assert page.leave(at(now)) is True
        else:
            self._speak(now, page, account, what)

    def _enter(self, now, number):
        page = Page(self.stage.webinar, self.user)
        if not self.stage.is_open(now):
            with pytest.raises(WebinarClosed):
                page.track(at(now))
            return
        assert page.track(at(now)).entered_at == at(now)
        account = PageAccount(Session(entered=now, beat=now), self.stage.ping, self.stage.track)
        self.pages[number] = (page, account)
        self.accounts.append(account)

    def _speak(self, now, page, account, what):
        visible = {"show": True, "hide": False}.get(what)

        def speak():
            return page.track(at(now)) if what == "track" else page.ping(at(now), is_visible=visible)

        if not self.stage.is_open(now):
            with pytest.raises(WebinarClosed):
                speak()
            return
        assert speak()
        account.heartbeat(now, visible)


class Stage:
    """The webinar, its people and guests, and what becomes of its times."""

    def __init__(self, users, times):
        self.start, self.end, self.ping, self.track = times.start, times.end, times.ping, times.track
        self.ended = False
        self.webinar = WebinarFactory(
            access_policy="open",
            webinar_start_time=at(self.start),
            webinar_scheduled_end_time=None if self.end is None else at(self.end),
            post_window_minutes=POST // 60,
            interval_overrides={
                "PRESENCE_PING_INTERVAL_SECONDS": self.ping, "ACCESS_TRACK_INTERVAL_SECONDS": self.track,
            },
        )  # fmt: skip
        self.people = [Person(self, user) for user in users]

    def is_open(self, now):
        return self.start - DOORS <= now and (self.end is None or now < self.end + POST)

    def change(self, now, what, value):
        if what == "sweep":
            for person in self.people:
                for account in person.accounts:
                    account.sweep(now)
            close_stale_sessions(now=at(now))
        elif what == "end" and not self.ended and now >= self.start:
            self.ended, self.end = True, now
            self._save(state="ended", webinar_actual_end_time=at(now))
        elif what == "planned end" and not self.ended and value > self.start:
            self.end = value
            self._save(webinar_scheduled_end_time=at(value))
        elif what == "start" and (self.end is None or value < self.end) and not self.ended:
            self.start = value
            self._save(webinar_start_time=at(value))

    def _save(self, **times):
        Webinar.objects.filter(pk=self.webinar.pk).update(**times)

    def play(self, lives, changes):
        happenings = []
        for person, (moment, acts) in zip(self.people, lives, strict=False):
            for number, gap, what in acts:
                moment += gap
                happenings.append((moment, len(happenings), person.act, (number, what)))
        for moment, what, value in changes:
            happenings.append((moment, len(happenings), self.change, (what, value)))
        for moment, _, act, how in sorted(happenings, key=lambda one: one[:2]):
            act(moment, *how)


@pytest.fixture
def somebodies(db):
    return [None, *UserFactory.create_batch(PEOPLE - 1)]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    lives=st.lists(lives, min_size=4, max_size=PEOPLE),
    changes=st.lists(changes, max_size=12),
    times=st.builds(
        Times,
        start=st.sampled_from([0, 100]),
        end=st.none() | st.integers(200, LENGTH),
        now=st.integers(-300, LENGTH + 3000),
        ping=st.sampled_from([120, 90]),
        track=st.sampled_from([300, 200]),
    ),
)
@example(  # a laptop sleeps through the sweeper and goes on in a new session; another leaves after its sleep
    lives=[
        (0, []),
        (0, [(0, 0, "track"), (0, 100, "ping"), (0, 700, "ping"), (0, 100, "leave")]),
        (0, [(0, 0, "track"), (0, 100, "hide"), (0, 800, "leave")]),
    ],
    changes=[(600, "sweep", 0), (1000, "end", 0)],
    times=Times(0, None, now=5000),
)
@example(  # ended at the instant at which it started, with somebody in it
    lives=[(0, []), (0, []), (0, [(0, 0, "track"), (0, 1, "hide")]), (-1, [(0, 0, "track")])],
    changes=[(0, "end", 0)],
    times=Times(0, None, now=0),
)
@example(  # the end is moved behind people who had left, and back before others
    lives=[(0, []), *[(0, [(0, 0, "track"), *[(0, 110, "ping")] * 10, (0, 10, "leave")])] * 2],
    changes=[(300, "planned end", 1500), (900, "planned end", 700), (1300, "sweep", 0)],
    times=Times(0, 600, now=5000),
)
@pytest.mark.django_db
def test_every_figure_of_every_life(somebodies, lives, changes, times):
    stage = Stage(somebodies, times)

    stage.play(lives, changes)

    stage.webinar.refresh_from_db()
    seen_at = max(times.now, *(session.beat for person in stage.people for session in person.sessions), -DOORS)
    compare(
        stage.webinar,
        Times(stage.start, stage.end, seen_at, times.ping, times.track),
        {person.user.pk: person.sessions for person in stage.people if person.user},
        [session for person in stage.people if person.user is None for session in person.sessions],
    )
