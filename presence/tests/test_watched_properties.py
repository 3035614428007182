"""Watched and silent time against a slow, obvious account of the same page, second by second (spec 5)."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presence.services.sessions import close_stale_sessions
from presence.tests.pages import Page
from webinars.tests.factories import RegistrationFactory, WebinarFactory

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
CAP, THROTTLE, STALE = 360, 60, 300
OWED = {True: 120 + 10 + 60, False: 300}  # ping, jitter and throttle in front; track behind

acts = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=900),
        st.sampled_from(["visible", "hidden", "silent on visibility", "track", "sweep"]),
    ),
    max_size=25,
)


class Account:
    """What the rules of spec 5 make of a page, kept as the sets of its watched and of its silent seconds."""

    def __init__(self):
        self.now = self.beat = 0
        self.visible = True
        self.watched = set()
        self.silent = set()
        self.closed = None

    def count(self):
        if self.visible:
            self.watched |= set(range(self.beat, min(self.now, self.beat + CAP)))
        if self.now - self.beat > OWED[self.visible]:
            self.silent |= set(range(self.beat, self.now))

    def heartbeat(self, visible):
        if self.closed or (self.now - self.beat < THROTTLE and visible in (None, self.visible)):
            return
        self.count()
        self.beat = self.now
        self.visible = self.visible if visible is None else visible

    def sweep(self):
        if not self.closed and self.now - self.beat > STALE:
            self.closed = (self.beat, "timeout")

    def leave(self):
        if not self.closed:
            end = min(self.now, self.beat + CAP)
            self.count()
            self.closed = (end, "exit")


def seconds_of(multirange):
    ranges = [(int((r.lower - START).total_seconds()), int((r.upper - START).total_seconds())) for r in multirange]
    assert all(one[1] < other[0] for one, other in itertools.pairwise(ranges))
    return {second for lower, upper in ranges for second in range(lower, upper)}


@pytest.mark.django_db
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=acts, leaves=st.booleans())
def test_every_figure_of_a_session(db, acts, leaves):
    webinar = WebinarFactory(webinar_start_time=START, webinar_scheduled_end_time=None)
    user = RegistrationFactory(webinar=webinar).user
    page = Page(webinar, user)
    account = Account()

    page.track(START)
    for gap, act in acts:
        account.now += gap
        now = START + timedelta(seconds=account.now)
        if act == "sweep":
            account.sweep()
            close_stale_sessions(now=now)
        elif act == "track":
            account.heartbeat(None)
            assert (page.track(now).entered_at is None) == bool(account.closed)
        else:
            visible = {"visible": True, "hidden": False}.get(act)
            account.heartbeat(visible)
            assert page.ping(now, visible) == (not account.closed)
    if leaves:
        account.leave()
        page.leave(START + timedelta(seconds=account.now))

    session = page.row
    assert seconds_of(session.watched_ranges) == account.watched
    assert seconds_of(session.silent_ranges) == account.silent
    assert session.watched_seconds_raw == Decimal(len(account.watched))
    if account.closed:
        end, reason = account.closed
        assert (session.exited_at, session.closed_reason) == (START + timedelta(seconds=end), reason)
        assert session.duration_seconds == Decimal(end)
    else:
        assert (session.exited_at, session.duration_seconds) == (None, None)
