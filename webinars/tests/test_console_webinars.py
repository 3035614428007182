"""Making, changing and running webinars, and managing members, from the console."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from webinars.models import AgencyMember, ClientMember, Registration, User, Webinar
from webinars.services.webinar_life import end
from webinars.tests.console_forms import change, fields_of
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import ClientFactory, ClientMemberFactory, UserFactory, WebinarFactory
from webinars.tests.room_events import heard

RUNNERS = ("owner", "admin", "operator", "client_operator", "superuser")


@pytest.fixture
def people(webinar):
    return people_around(webinar)


def new_webinar(client, **more):
    return {
        "title": "Opening night",
        "slug": "opening-night",
        "client": str(client.pk),
        "time_zone": "America/New_York",
        "webinar_start_time_0": "2099-07-01",
        "webinar_start_time_1": "10:00:00",
        "webinar_scheduled_end_time_0": "2099-07-01",
        "webinar_scheduled_end_time_1": "11:00:00",
        "post_window_minutes": "30",
        "state": "scheduled",
        "access_policy": "auth",
        "language": "en",
        "player": "youtube",
        "chat_slow_seconds": "0",
        "duplicate_login_policy": "replace",
        "bucket_seconds": "60",
        "interval_overrides": "{}",
        "speakers": "Kim Jiwon, producer\nPark",
        **more,
    }


def test_a_webinars_times_are_in_its_own_zone(client, people, webinar):
    browser = sign_in(client, people["operator"])

    answer = browser.post(reverse("admin:webinars_webinar_add"), new_webinar(webinar.client))

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = Webinar.objects.get(slug="opening-night")
    assert made.webinar_start_time == datetime(2099, 7, 1, 14, 0, tzinfo=UTC)
    assert made.webinar_scheduled_end_time == datetime(2099, 7, 1, 15, 0, tzinfo=UTC)
    assert made.agency_id == webinar.agency_id
    assert made.speakers == [{"name": "Kim Jiwon", "title": "producer"}, {"name": "Park"}]
    page = browser.get(reverse("admin:webinars_webinar_change", args=[made.pk])).content.decode()
    assert re.search(
        r'name="webinar_start_time_1"[^>]*value="10:00:00"|value="10:00:00"[^>]*webinar_start_time_1', page
    )


MANAGERS = {"owner", "admin", "superuser"}
TYPED = {"access_policy": "email_auth", "verify_email": ""}  # an unticked box sends nothing


@pytest.mark.parametrize("part", RUNNERS)
def test_who_gets_in_is_for_owners_and_admins_to_choose(people, webinar, part):
    browser = sign_in(Browser(), people[part])
    page = browser.get(reverse("admin:webinars_webinar_change", args=[webinar.pk]))

    answer = change(browser, webinar, title="Renamed", **TYPED)
    made = browser.post(reverse("admin:webinars_webinar_add"), new_webinar(webinar.client, **TYPED))

    assert (answer.status_code, made.status_code) == (302, 302)
    expected = ("email_auth", False) if part in MANAGERS else ("auth", True)
    for title in ("Renamed", "Opening night"):
        kept = Webinar.objects.get(title=title)
        assert (kept.access_policy, kept.verify_email) == expected
    said = gettext("Owners and admins choose the policy and whether addresses are confirmed.")
    assert (said in page.text) is (part not in MANAGERS)


def test_who_manages_one_client_chooses_nothing_for_another(client, webinar):
    person = ClientMemberFactory(client=webinar.client, role="operator").user
    own = ClientMemberFactory(user=person, role="admin").client
    browser = sign_in(client, person)
    url = reverse("admin:webinars_webinar_add")

    refused = browser.post(url, new_webinar(webinar.client, **TYPED))
    nowhere = browser.post(url, new_webinar(WebinarFactory().client, **TYPED))
    left = browser.post(url, new_webinar(webinar.client, slug="left", verify_email="on"))
    chosen = browser.post(url, new_webinar(own, slug="chosen", **TYPED))
    changed = change(browser, Webinar.objects.get(slug="left"), **TYPED)

    assert list(refused.context["adminform"].form.errors) == ["access_policy", "verify_email"]
    assert list(nowhere.context["adminform"].form.errors) == ["client"]
    assert [answer.status_code for answer in (left, chosen, changed)] == [302, 302, 302]
    stored = Webinar.objects.exclude(pk=webinar.pk).filter(slug__in=["left", "chosen"]).order_by("slug")
    assert list(stored.values_list("slug", "access_policy", "verify_email")) == [
        ("chosen", "email_auth", False),
        ("left", "auth", True),
    ]


def test_a_webinar_is_made_for_a_client_of_theirs_only(client, people):
    foreign = WebinarFactory().client
    same_agency_other_client = ClientFactory(agency=people["neighbour"].client_memberships.get().client.agency)
    browser = sign_in(client, people["client_operator"])

    answers = [
        browser.post(reverse("admin:webinars_webinar_add"), new_webinar(place))
        for place in (foreign, same_agency_other_client)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [list(answer.context["adminform"].form.errors) for answer in answers] == [["client"], ["client"]]
    assert not Webinar.objects.filter(slug="opening-night").exists()


def test_an_analyst_who_runs_elsewhere_cannot_make_one_here(client, people, webinar):
    ClientMemberFactory(user=people["analyst"], role="operator")

    answer = sign_in(client, people["analyst"]).post(
        reverse("admin:webinars_webinar_add"), new_webinar(webinar.client)
    )

    assert list(answer.context["adminform"].form.errors) == ["client"]


def test_saving_writes_only_what_was_changed(client, people, webinar):
    browser = sign_in(client, people["operator"])

    answer = change(browser, webinar, title="A new title", interval_overrides="")

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    before = {
        name: getattr(webinar, name) for name in ("slug", "state", "client_id", "webinar_start_time", "speakers")
    }
    webinar.refresh_from_db()
    assert webinar.title == "A new title"
    assert {name: getattr(webinar, name) for name in before} == before


def test_a_form_that_is_older_than_the_webinar_is_refused(client, people):
    webinar = WebinarFactory(state="scheduled", webinar_start_time=timezone.now() + timedelta(hours=1))
    client_member = ClientMemberFactory(client=webinar.client, role="operator").user
    browser = sign_in(client, client_member)
    url = reverse("admin:webinars_webinar_change", args=[webinar.pk])
    data = fields_of(browser.get(url))
    browser.post(reverse("admin:webinars_webinar_start", args=[webinar.pk]))

    answer = browser.post(url, {**data, "title": "Too late"})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.non_field_errors()
    webinar.refresh_from_db()
    assert (webinar.state, webinar.title == "Too late") == ("live", False)


def test_an_end_is_corrected_but_not_taken_back(client, people, webinar):
    end(webinar, now=webinar.webinar_start_time + timedelta(minutes=5))
    browser = sign_in(client, people["owner"])

    emptied = change(browser, webinar, webinar_actual_end_time_0="", webinar_actual_end_time_1="")
    before_start = change(browser, webinar, webinar_actual_end_time_0="2020-01-01", webinar_actual_end_time_1="10:00")
    later = timezone.localtime(webinar.webinar_start_time + timedelta(minutes=7)).replace(microsecond=0)
    change(
        browser, webinar, webinar_actual_end_time_0=f"{later:%Y-%m-%d}", webinar_actual_end_time_1=f"{later:%H:%M:%S}"
    )

    assert list(emptied.context["adminform"].form.errors) == ["webinar_actual_end_time"]
    assert before_start.status_code == 200
    webinar.refresh_from_db()
    assert webinar.webinar_actual_end_time == later


def test_the_state_of_a_live_webinar_is_not_a_field(client, people, webinar):
    change(sign_in(client, people["owner"]), webinar, state="draft", title="Renamed")

    webinar.refresh_from_db()
    assert (webinar.state, webinar.title) == ("live", "Renamed")


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [("open-doors", "draft", "scheduled"), ("start", "scheduled", "live"), ("end", "live", "ended")],
)
def test_the_steps_of_a_webinars_life(people, webinar, step, before, after):
    page = reverse(f"admin:webinars_webinar_{step}", args=[webinar.pk])
    found = {}
    for part, person in people.items():
        Webinar.objects.filter(pk=webinar.pk).update(state=before, webinar_actual_end_time=None)
        browser = sign_in(Browser(), person)
        codes = browser.get(page).status_code, browser.post(page).status_code
        webinar.refresh_from_db()
        found[part] = (*codes, webinar.state)

    others = {part: (302, 302, before) if part == "anonymous" else (404, 404, before) for part in PARTS}
    assert found == {**others, **dict.fromkeys(RUNNERS, (200, 302, after))}


def test_asking_for_a_step_changes_nothing(client, people, webinar):
    sign_in(client, people["owner"]).get(reverse("admin:webinars_webinar_end", args=[webinar.pk]))

    webinar.refresh_from_db()
    assert webinar.state == "live"


def test_a_step_needs_the_forms_token(people, webinar):
    browser = sign_in(Browser(enforce_csrf_checks=True), people["owner"])

    assert browser.post(reverse("admin:webinars_webinar_end", args=[webinar.pk])).status_code == 403
    webinar.refresh_from_db()
    assert webinar.state == "live"


def test_a_step_that_no_longer_fits_says_so(client, people, webinar):
    Webinar.objects.filter(pk=webinar.pk).update(state="ended", webinar_actual_end_time=timezone.now())

    answer = sign_in(client, people["owner"]).post(
        reverse("admin:webinars_webinar_start", args=[webinar.pk]), follow=True
    )

    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


@pytest.mark.parametrize(("state", "answer"), [("draft", 200), ("live", 404), ("ended", 404)])
def test_only_drafts_can_be_deleted(client, people, webinar, state, answer):
    ended_at = timezone.now() if state == "ended" else None
    Webinar.objects.filter(pk=webinar.pk).update(state=state, webinar_actual_end_time=ended_at)

    found = sign_in(client, people["owner"]).get(reverse("admin:webinars_webinar_delete", args=[webinar.pk]))

    assert found.status_code == answer


def test_deleting_a_selection_spares_what_may_not_be_deleted(client, people, webinar):
    sign_in(client, people["owner"]).post(
        reverse("admin:webinars_webinar_changelist"),
        {"action": "delete_selected", "_selected_action": [str(webinar.pk)], "post": "yes"},
    )

    assert Webinar.objects.filter(pk=webinar.pk).exists()


@pytest.mark.parametrize("own_too", [False, True])
@pytest.mark.parametrize("wanted", ["foreign", "missing", "nonsense"])
def test_an_action_on_foreign_rows_does_nothing(client, people, wanted, own_too):
    theirs = AgencyMember.objects.get(user=people["viewer"])
    mine = AgencyMember.objects.create(
        agency=people["rival"].agency_memberships.get().agency, user=UserFactory(), role="viewer"
    )
    chosen = {"foreign": str(theirs.pk), "missing": "999999999", "nonsense": "nonsense"}[wanted]

    answer = sign_in(client, people["rival"]).post(
        reverse("admin:webinars_agencymember_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [chosen, *([str(mine.pk)] if own_too else [])],
            "post": "yes",
        },
    )

    assert answer.status_code == 404
    assert AgencyMember.objects.filter(pk__in=[theirs.pk, mine.pk]).count() == 2


def test_an_operator_gives_a_role_in_the_room_and_nothing_else(client, people, webinar):
    registration = Registration.objects.get(user=people["attendee"])
    page = reverse("admin:webinars_registration_change", args=[registration.pk])

    sign_in(client, people["operator"]).post(
        page, {"role": "presenter", "source": "changed", "banned_at": "2026-01-01"}
    )

    registration.refresh_from_db()
    assert (registration.role, registration.source, registration.banned_at) == ("presenter", "", None)


def test_a_member_is_added_by_address(client, people, webinar):
    person = UserFactory(email="New.Person@example.com", proven=True)

    answer = sign_in(client, people["admin"]).post(
        reverse("admin:webinars_agencymember_add"),
        {"agency": str(webinar.agency_id), "email": "new.person@EXAMPLE.com", "role": "analyst"},
    )

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert AgencyMember.objects.get(user=person).role == "analyst"
    assert User.objects.get(pk=person.pk).is_staff


@pytest.mark.parametrize("email", ["nobody@example.com", "not an address", ""])
def test_an_unknown_address_adds_nobody(client, people, webinar, email):
    answer = sign_in(client, people["admin"]).post(
        reverse("admin:webinars_agencymember_add"), {"agency": str(webinar.agency_id), "email": email, "role": "admin"}
    )

    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, ["email"])


def test_a_role_is_chosen_and_never_given_by_default(client, people, webinar):
    page = sign_in(client, people["admin"]).get(reverse("admin:webinars_agencymember_add"))

    assert page.context["adminform"].form.fields["role"].choices[0][0] == ""
    assert page.context["adminform"].form["role"].value() in (None, "")


def test_who_may_only_look_reads_speakers_as_lines(client, people, webinar):
    Webinar.objects.filter(pk=webinar.pk).update(speakers=[{"name": "Kim", "title": "producer"}])

    page = sign_in(client, people["viewer"]).get(reverse("admin:webinars_webinar_change", args=[webinar.pk]))

    assert "Kim, producer" in page.content.decode()
    assert "/history/" not in page.content.decode()


def test_a_member_is_not_added_twice(client, people, webinar):
    answer = sign_in(client, people["admin"]).post(
        reverse("admin:webinars_agencymember_add"),
        {"agency": str(webinar.agency_id), "email": people["viewer"].email, "role": "owner"},
    )

    assert answer.status_code == 200
    assert AgencyMember.objects.get(user=people["viewer"]).role == "viewer"


@pytest.mark.parametrize("part", ["owner", "admin", "rival"])
def test_nobody_gives_rights_outside_their_tenant(client, people, part):
    foreign = WebinarFactory()
    browser = sign_in(client, people[part])
    mine = people[part].email

    answers = [
        browser.post(
            reverse("admin:webinars_agencymember_add"),
            {"agency": str(foreign.agency_id), "email": mine, "role": "owner"},
        ),
        browser.post(
            reverse("admin:webinars_clientmember_add"),
            {"client": str(foreign.client_id), "email": mine, "role": "owner"},
        ),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert not AgencyMember.objects.filter(agency=foreign.agency).exists()
    assert not ClientMember.objects.filter(client=foreign.client).exists()


def test_a_membership_does_not_move_to_another_tenant(client, people):
    foreign = WebinarFactory()
    membership = AgencyMember.objects.get(user=people["admin"])
    page = reverse("admin:webinars_agencymember_change", args=[membership.pk])

    sign_in(client, people["owner"]).post(page, {"agency": str(foreign.agency_id), "email": "x@y.z", "role": "viewer"})

    membership.refresh_from_db()
    assert (membership.agency_id != foreign.agency_id, membership.user, membership.role) == (
        True,
        people["admin"],
        "viewer",
    )


def test_members_are_added_and_removed_on_their_organisations_page(client, people, webinar):
    person = UserFactory(proven=True)
    viewer = ClientMember.objects.get(user=people["client_operator"])
    page = reverse("admin:webinars_client_change", args=[webinar.client_id])
    data = {
        "name": webinar.client.name,
        "slug": webinar.client.slug,
        "members-TOTAL_FORMS": "2",
        "members-INITIAL_FORMS": "1",
        "members-0-id": str(viewer.pk),
        "members-0-client": str(webinar.client_id),
        "members-0-role": "operator",
        "members-0-DELETE": "on",
        "members-1-client": str(webinar.client_id),
        "members-1-email": person.email,
        "members-1-role": "viewer",
    }

    answer = sign_in(client, people["owner"]).post(page, data)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert [(member.user, member.role) for member in webinar.client.members.all()] == [(person, "viewer")]
    flags = User.objects.filter(pk__in=[person.pk, people["client_operator"].pk]).values_list("pk", "is_staff")
    assert dict(flags) == {person.pk: True, people["client_operator"].pk: False}


def test_members_of_a_client_are_hidden_from_those_who_do_not_manage_them(client, people, webinar):
    page = sign_in(client, people["analyst"]).get(reverse("admin:webinars_client_change", args=[webinar.client_id]))

    assert page.context["inline_admin_formsets"] == []


def test_switches_of_the_room_are_set_and_open_pages_are_told(
    client, people, webinar, django_capture_on_commit_callbacks
):
    browser = sign_in(client, people["operator"])

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        turned = change(browser, webinar, chat_slow_seconds="30", questions_moderated="")
        worded = change(browser, webinar, blocked_words="  ＳＰＡＭ \r\n광고\r\n\r\nspam")

    assert [answer.status_code for answer in (turned, worded)] == [302, 302]
    webinar.refresh_from_db()
    assert (webinar.chat_slow_seconds, webinar.questions_moderated) == (30, False)
    assert webinar.blocked_words == ["spam", "광고"]
    assert [(event["type"], event["data"]["slowSeconds"]) for event in events] == [("webinar.state", 30)]
    page = browser.get(reverse("admin:webinars_webinar_change", args=[webinar.pk]))
    assert page.context["adminform"].form["blocked_words"].value() == "spam\n광고"


@pytest.mark.parametrize("words", ["x" * 51, "\n".join(f"word{n}" for n in range(201))])
def test_words_that_cannot_be_kept_are_refused_beside_their_field(client, people, webinar, words):
    answer = change(sign_in(client, people["operator"]), webinar, blocked_words=words)

    assert [*answer.context["adminform"].form.errors] == ["blocked_words"]
    webinar.refresh_from_db()
    assert webinar.blocked_words == []


def test_who_may_only_look_reads_the_words(client, people, webinar):
    Webinar.objects.update(blocked_words=["spam", "광고"])

    page = sign_in(client, people["analyst"]).get(reverse("admin:webinars_webinar_change", args=[webinar.pk]))

    assert "광고" in page.text
