"""The figures beside what people really did: never further off than they say themselves (spec 7)."""

import itertools
import random
from datetime import UTC, datetime

import pytest

from presence.selectors.ledger import person_figures
from presence.services.sessions import close_stale_sessions
from presence.sql.ledger import frame_of
from presence.tests.simulated_people import SimulatedPage, Stage, length, union
from webinars.models import Registration, User
from webinars.tests.factories import WebinarFactory

ZERO = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
PEOPLE = 200
END, MIDDLE, EVERYTHING_SWEPT = 2_400, 1_300, 6_000
SWEEP = 600
FIGURES = ("connected", "unique", "visible")


class Person:
    """What becomes of one person's visit is chosen beforehand; what the pages make of it follows."""

    def __init__(self, stage, user):
        self.stage, self.user, self.chance = stage, user, stage.chance
        self.pages = []
        comes = self.chance.uniform(-900, END * 0.7)
        stage.at(comes, self.visit, min(END + 600, comes + self.chance.uniform(30, 2_800)))

    def visit(self, leaves):
        page = self._open(leaves)
        if self.chance.random() < 0.25:  # a second tab, or the phone as well
            begins = self.chance.uniform(self.stage.now, leaves)
            self.stage.at(begins, self._open, self.chance.uniform(begins, leaves + 300), self.chance.random() < 0.5)
        return page

    def _open(self, leaves, in_front=True):
        page = SimulatedPage(self.stage, self.user, in_front=in_front)
        self.pages.append(page)
        self._looks(page, leaves)
        if self.chance.random() < 0.5:
            self._line(page, leaves)
        if self.chance.random() < 0.3:
            self._sleep(page, leaves)
        self.stage.at(leaves, lambda: page.close(says_goodbye=self.chance.random() < 0.75))
        return page

    def _looks(self, page, leaves):
        moment, in_front = self.stage.now, page.in_front
        while (moment := moment + self.chance.expovariate(1 / 300) + 0.5) < leaves:
            in_front = not in_front
            self.stage.at(moment, page.turn, in_front)

    def _line(self, page, leaves):
        moment = self.stage.now
        while (moment := moment + self.chance.expovariate(1 / 500)) < leaves:
            self.stage.at(moment, page.lose_line)
            moment += self.chance.choice([5, 40, 170, 200, 280, 330, 400, 900]) * self.chance.uniform(0.7, 1.3)
            self.stage.at(moment, page.find_line)

    def _sleep(self, page, leaves):
        """A laptop's lid is shut and opened again; a phone's page goes behind, and is frozen a little later."""
        begins = self.chance.uniform(self.stage.now, leaves)
        wakes = begins + self.chance.choice([60, 180, 400, 1_000]) * self.chance.uniform(0.7, 1.3)
        if self.chance.random() < 0.5:
            self.stage.at(begins, page.turn, False)
            self.stage.at(begins + self.chance.uniform(0.5, 20), page.suspend)
            self.stage.at(wakes + 25, page.wake)
            self.stage.at(wakes + 25.01, page.turn, True)
        else:
            self.stage.at(begins, page.suspend)
            self.stage.at(wakes, page.wake)

    def truth(self, until):
        """(connected, unique, visible) seconds within the window so far."""
        connected = [page.truth.connected(0, until) for page in self.pages]
        visible = [page.truth.visible(0, until) for page in self.pages]
        return (
            min(sum(length(one) for one in connected), until),
            length(union(itertools.chain(*connected))),
            length(union(itertools.chain(*visible))),
        )

    @property
    def sessions(self):
        return sum(page.sessions for page in self.pages)


class LosesTheLineOnce(Person):
    """For longer than a session lasts: the page is closed meanwhile, is back, and says so at its next turn."""

    def __init__(self, stage, user):
        self.stage, self.user, self.chance = stage, user, stage.chance
        self.pages = []
        stage.at(self.chance.uniform(0, 300), self.visit, END + 300)

    def _open(self, leaves):
        page = SimulatedPage(self.stage, self.user)
        self.pages.append(page)
        loses = self.stage.now + self.chance.uniform(60, 600)
        self.stage.at(loses, page.lose_line)
        self.stage.at(loses + self.chance.uniform(310, 1_200), page.find_line)
        self.stage.at(leaves, lambda: page.close(says_goodbye=True))
        return page

    def visit(self, leaves):
        self._open(leaves)


def play(webinar, seed, kind):
    """Plays everything, and answers the people, and the figures in the middle and at the end."""
    stage = Stage(webinar, random.Random(seed), zero=ZERO, begins=-1_000)
    users = User.objects.bulk_create(User(email=f"{seed}-{number}@example.com") for number in range(PEOPLE))
    Registration.objects.bulk_create(
        Registration(webinar=webinar, client=webinar.client, agency=webinar.agency, user=user) for user in users
    )
    people = [kind(stage, user) for user in users]
    for moment in range(-SWEEP + 137, EVERYTHING_SWEPT, SWEEP):
        stage.at(moment, lambda: close_stale_sessions(now=stage.clock))
    found = {}

    def look(until):
        found[until] = {row.user_id: row for row in person_figures(frame_of(webinar, now=stage.clock))}

    stage.at(MIDDLE, look, MIDDLE)
    stage.at(EVERYTHING_SWEPT, look, END)
    stage.run()
    return people, found


@pytest.mark.parametrize(("kind", "seed"), [(Person, 0), (Person, 1), (Person, 2), (LosesTheLineOnce, 3)])
@pytest.mark.django_db
def test_no_figure_is_further_off_than_it_says(kind, seed):
    webinar = WebinarFactory(
        webinar_start_time=ZERO,
        webinar_scheduled_end_time=ZERO.replace(minute=40),
        post_window_minutes=60,
    )

    people, found = play(webinar, seed, kind)

    wrong, exact = [], 0
    for until, figures in found.items():
        for person in people:
            row = figures.get(person.user.pk)
            if row is None:
                assert person.truth(until) == (0, 0, 0)
                continue
            measured = (row.connected_seconds, row.unique_seconds, row.visible_seconds)
            for what, one, other in zip(
                ("connected", "unique", "visible"), measured, person.truth(until), strict=True
            ):
                if abs(one - other) > row.uncertainty_seconds + person.sessions:
                    wrong.append((until, person.user.email, what, one, round(other, 1), row.uncertainty_seconds))
            exact += row.uncertainty_seconds == 0
    assert wrong == []
    if kind is Person:
        assert exact > PEOPLE / 4  # most of those whose line held and who said goodbye
