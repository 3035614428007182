"""What must add up (spec 7)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import translation

from presence.tests.factories import PresenceFactory
from stats.selectors.reconciliation import DEFINITIONS, reconciliation
from stats.services.retention import prune_sealed_sessions
from stats.services.sealing import seal_attendance
from stats.tests.evidence import CLOSED, END, START, Evidence, at, page, tamper
from stats.tests.factories import AccessLogFactory
from webinars.models import Registration
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db

FIGURES = {
    "registered": 4,
    "attended": 2,  # Ana and Ben
    "absent": 2,  # Cho, and Dan who came when it was over
    "banned": 0,
    "attendedNotRegistered": 0,
    "outsideWindow": 1,
    "withoutSession": 0,
    "duplicateMailboxes": 0,
    "duplicatePeople": 0,
    "guests": 1,
    "peakBySnapshots": 3,
    "peakBySnapshotsAt": "2026-03-02T05:05:00.000000Z",
    "peakByLedger": 2,
    "peakByLedgerAt": "2026-03-02T05:05:00.000000Z",
    "samples": 15,
}


@pytest.fixture
def case():
    return Evidence()


def figures(case, **options):
    return reconciliation(case.webinar, options.pop("now", CLOSED), **options)["figures"]


def moved(case):
    """What is not as in the plain case."""
    return {name: value for name, value in figures(case).items() if value != FIGURES[name]}


def test_the_whole_answer_before_and_after_sealing(case, django_assert_num_queries):
    with django_assert_num_queries(5):  # 1. seal, 2. people, 3. samples, 4. peak, 5. guests
        before = reconciliation(case.webinar, CLOSED)
    seal = seal_attendance(webinar=case.webinar, now=CLOSED)
    after = reconciliation(case.webinar, CLOSED + timedelta(days=1))

    assert before == {
        "figures": FIGURES,
        "now": {},
        "sessionsPruned": False,
        "people": {"attendedNotRegistered": [], "outsideWindow": [], "withoutSession": []},
        "duplicates": [],
        "definitions": {name: str(text) for name, text in DEFINITIONS.items()},
        "sealed": None,
        "window": {"start": START, "until": END, "timeZone": "Asia/Seoul"},
        "asOf": CLOSED,
    }
    assert after == {
        **before,
        "sealed": {"version": 1, "sealedAt": CLOSED, "sha256": seal.sha256, "reason": ""},
    }


def test_every_figure_is_defined():
    assert [*DEFINITIONS] == [*FIGURES]


def test_registered_are_those_who_attended_and_those_who_did_not(case):
    for _ in range(3):
        RegistrationFactory(webinar=case.webinar, registered_at=at(-1))
    RegistrationFactory(webinar=case.webinar, registered_at=at(-1), banned_at=at(5))
    RegistrationFactory(registered_at=at(-1))  # elsewhere

    assert moved(case) == {"registered": 8, "absent": 6, "banned": 1}


def test_people_who_attended_without_being_registered(case):
    Registration.objects.filter(user=case.ana).delete()

    answer = reconciliation(case.webinar, CLOSED, may_see_personal=True)

    assert moved(case) == {"registered": 3, "attended": 1, "attendedNotRegistered": 1}
    assert answer["people"]["attendedNotRegistered"] == [
        {"userId": case.ana.pk, "displayName": "Ana", "email": "ana@example.com"}
    ]


@pytest.mark.parametrize(("begin", "end"), [(-20, 0), (-20, -10), (60, 70)])
def test_who_came_only_before_or_after(case, begin, end):
    early = RegistrationFactory(webinar=case.webinar, registered_at=at(-60)).user
    page(case.webinar, early, begin, end)
    page(case.webinar, case.ben, begin, end)  # who also came within the window

    assert moved(case) == {"registered": 5, "absent": 3, "outsideWindow": 2}


def test_presence_without_a_session(case):
    seen = PresenceFactory(webinar=case.webinar, user__display_name="Fay", user__email="fay@example.com").user
    PresenceFactory(webinar=case.webinar, user=case.ana)

    answer = reconciliation(case.webinar, CLOSED, may_see_personal=True)

    assert moved(case) == {"withoutSession": 1}
    assert answer["people"]["withoutSession"] == [
        {"userId": seen.pk, "displayName": "Fay", "email": "fay@example.com"}
    ]


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("ana+work@example.com", "ana@example.com"),
        (" Ana+1@Example.com", "ana@example.com"),
        ("a.na@example.com", None),  # only Gmail does not read dots
        ("ana@example.org", None),
    ],
)
def test_duplicates_by_mailbox(case, email, mailbox):
    other = UserFactory(display_name="Ana too", email=email)
    RegistrationFactory(webinar=case.webinar, user=other, registered_at=at(-60))
    UserFactory(email="ben+elsewhere@example.com")  # nothing to this webinar

    answer = reconciliation(case.webinar, CLOSED, may_see_personal=True)

    found = moved(case)
    assert (found.get("duplicateMailboxes", 0), found.get("duplicatePeople", 0)) == ((1, 2) if mailbox else (0, 0))
    assert [(one["mailbox"], {person["displayName"] for person in one["people"]}) for one in answer["duplicates"]] == (
        [(mailbox, {"Ana", "Ana too"})] if mailbox else []
    )


def test_gmail_reads_no_dots(case):
    for email in ("jane.doe@gmail.com", "JaneDoe+news@googlemail.com", "j.a.n.e.d.o.e@gmail.com", "jane@gmail.com"):
        RegistrationFactory(webinar=case.webinar, user__email=email, registered_at=at(-60))

    found = moved(case)

    assert (found["duplicateMailboxes"], found["duplicatePeople"]) == (1, 3)


def test_guests_are_in_no_other_figure(case):
    page(case.webinar, None, 0, 50)
    page(case.webinar, None, 70, 80)  # after the window

    assert moved(case) == {"guests": 2}


def test_peaks_are_clipped_to_the_window(case):
    for minute in (-5, 60):
        AccessLogFactory(webinar=case.webinar, time_bucket=at(minute), max_participants=99)
    for _ in range(5):
        page(case.webinar, UserFactory(), 60, 70)

    assert moved(case) == {"outsideWindow": 6}


def test_without_samples_and_sessions():
    webinar = WebinarFactory(webinar_start_time=START, webinar_scheduled_end_time=END)

    assert reconciliation(webinar, CLOSED)["figures"] == {
        **dict.fromkeys(FIGURES, 0),
        "peakBySnapshots": None,
        "peakBySnapshotsAt": None,
        "peakByLedgerAt": None,
    }


def test_once_sealed_what_comes_out_otherwise_stands_beside_it(case):
    seal_attendance(webinar=case.webinar, now=CLOSED)
    tamper("UPDATE webinar_user_sessions SET user_id = NULL WHERE user_id = %s", case.ben.pk)
    PresenceFactory(webinar=case.webinar)  # passes by itself, and is no difference

    answer = reconciliation(case.webinar, CLOSED)

    assert answer["figures"] == FIGURES
    assert answer["now"] == {
        "attended": 1,
        "absent": 3,
        "guests": 2,
        "peakByLedger": 1,
        "peakByLedgerAt": "2026-03-02T05:00:00.000000Z",
    }


def test_sealed_figures_stand_when_the_sessions_are_gone(case):
    seal_attendance(webinar=case.webinar, now=CLOSED)
    later = CLOSED + timedelta(days=settings.SESSION_RETENTION_DAYS + 1)
    prune_sealed_sessions(later)

    answer = reconciliation(case.webinar, later, may_see_personal=True)

    assert (answer["figures"], answer["now"], answer["sessionsPruned"]) == (FIGURES, {}, True)


@pytest.mark.parametrize(
    ("role", "sees_names"),
    [("owner", True), ("admin", True), ("operator", True), ("analyst", True), ("viewer", False)],
)
def test_names_and_reasons_by_role(call, case, role, sees_names):
    seal_attendance(webinar=case.webinar, now=CLOSED)
    seal_attendance(webinar=case.webinar, now=CLOSED, author=case.ana, reason="Dan asked for it.")
    member = AgencyMemberFactory(agency=case.webinar.agency, role=role).user

    response = call(case.webinar, member).get("stats/reconciliation")

    data = response.json()["data"]
    assert (response.status_code, data["figures"]) == (200, FIGURES)
    assert data["people"]["outsideWindow"] == (
        [{"userId": str(case.dan.pk), "displayName": "Dan", "email": "dan@example.com"}] if sees_names else []
    )
    assert data["sealed"]["reason"] == ("Dan asked for it." if sees_names else "")
    assert (b"Dan" in response.content) is sees_names


@pytest.mark.parametrize(
    ("who", "status"), [("organizer", 200), ("attendee", 404), ("stranger", 404), ("rival", 404), (None, 401)]
)
def test_sessions_of_the_console(request, webinar, client, who, status):
    if who is not None:
        client.force_login(request.getfixturevalue(who))

    assert client.get(f"/api/webinars/{webinar.slug}/stats/reconciliation").status_code == status


@pytest.mark.parametrize(("who", "status"), [("organizer", 200), ("attendee", 403)])
def test_live_passes(request, call, webinar, who, status):
    caller = call(webinar, request.getfixturevalue(who))

    assert caller.get("stats/reconciliation").status_code == status


def test_definitions_speak_the_callers_language(case):
    with translation.override("en"):
        assert (
            reconciliation(case.webinar, CLOSED)["definitions"]["absent"] == "Registered people without such a page."
        )
