"""`stats/reconciliation` as it is called: counted once for all who ask the same (spec 6)."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from stats.selectors.reconciliation import DEFINITIONS, reconciliation
from stats.services.sealing import seal_attendance
from stats.tests.evidence import CLOSED, Evidence
from webinars.services.erasure import erase_person
from webinars.tests.console_people import sign_in
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return Evidence()


@pytest.fixture
def analyst(case):
    return AgencyMemberFactory(agency=case.webinar.agency, role="analyst").user


@pytest.fixture
def viewer(case):
    return AgencyMemberFactory(agency=case.webinar.agency, role="viewer").user


def path(case):
    return f"/api/webinars/{case.webinar.slug}/stats/reconciliation"


@pytest.mark.parametrize(
    ("is_sealed", "who", "cold"),
    # 1. the webinar, 2. the seal, 3. people, 4. samples, 5. peak, 6. guests; of a seal, whether its sessions are gone;
    # with names, 7. who they are, 8. duplicates, 9. that they were seen
    [(False, "viewer", 6), (False, "analyst", 9), (True, "viewer", 7), (True, "analyst", 10)],
)
def test_budget_by_pass(request, call, case, is_sealed, who, cold, django_assert_num_queries):
    if is_sealed:
        seal_attendance(webinar=case.webinar, now=CLOSED)
    caller = call(case.webinar, request.getfixturevalue(who))

    with django_assert_num_queries(cold):
        first = caller.get("stats/reconciliation")
    with django_assert_num_queries(0):
        second = caller.get("stats/reconciliation")

    assert (first.status_code, second.json()) == (200, first.json())


def test_budget_by_session(client, case, analyst, django_assert_num_queries):
    client.force_login(analyst)
    first = client.get(path(case))

    with django_assert_num_queries(2):  # 1. the person, 2. the webinar and what they are in it
        second = client.get(path(case))

    assert (first.status_code, second.json()) == (200, first.json())


@pytest.mark.parametrize("who", [("viewer", "analyst"), ("analyst", "viewer")])
def test_those_who_see_names_share_nothing_with_those_who_do_not(request, call, case, who):
    people = [
        call(case.webinar, request.getfixturevalue(one)).get("stats/reconciliation").json()["data"]["people"]
        for one in who
    ]

    listed = dict(zip(who, [one["outsideWindow"] for one in people], strict=True))
    assert listed["viewer"] == []
    assert [one["displayName"] for one in listed["analyst"]] == ["Dan"]


def test_two_webinars_share_nothing(call, case, analyst):
    other = RegistrationFactory(webinar__client=case.webinar.client).webinar

    figures = [
        call(webinar, analyst).get("stats/reconciliation").json()["data"]["figures"]["registered"]
        for webinar in (case.webinar, other)
    ]

    assert figures == [4, 1]


def test_what_is_kept_is_said_in_every_language(call, case, analyst):
    caller = call(case.webinar, analyst)

    said = {
        language: caller.browser.get(path(case), headers={**caller.headers(), "Accept-Language": language}).json()[
            "data"
        ]["definitions"]
        for language in ("ko", "en")
    }

    assert said["en"] == {name: str(text) for name, text in DEFINITIONS.items()}
    assert [name for name in said["en"] if said["en"][name] == said["ko"][name]] == []


def test_what_is_kept_is_of_some_seconds_ago_at_most(call, case, analyst):
    caller = call(case.webinar, analyst)
    answers = [caller.get("stats/reconciliation").json()["data"]["figures"]["registered"]]

    RegistrationFactory(webinar=case.webinar, registered_at=case.webinar.webinar_start_time)
    for _ in range(2):
        answers.append(caller.get("stats/reconciliation").json()["data"]["figures"]["registered"])
        cache.clear()

    assert answers == [4, 4, 5]


def test_the_console_names_who_was_erased_as_that(client, case):
    owner = AgencyMemberFactory(agency=case.webinar.agency, role="owner", user__is_staff=True).user
    erase_person(user_id=case.dan.pk, now=CLOSED)
    url = reverse("admin:webinars_webinar_statistics", args=[case.webinar.pk])

    shown = sign_in(client, owner).get(url, headers={"accept-language": "en"})

    assert "<dd>Erased person </dd>" in shown.text
    assert (str(case.dan.pk) in shown.text, "erased.invalid" in shown.text) == (False, False)
    assert reconciliation(case.webinar, CLOSED)["people"]["outsideWindow"] == []
