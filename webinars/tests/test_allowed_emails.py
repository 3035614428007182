"""Addresses put on a webinar's list and taken off it: what is counted, kept, told, and left as it was (spec 3)."""

import io
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone

from webinars.addresses.columns import addresses_in
from webinars.addresses.csv_rows import csv_rows
from webinars.addresses.found import CannotRead, Found
from webinars.addresses.pasted import pasted
from webinars.models import AllowedEmail, AllowedEmailImport, AllowedEmailLine, AuditEntry, Webinar
from webinars.realtime.publish import shut_out_people
from webinars.realtime.shards import room_server
from webinars.services import allowed_emails
from webinars.services.allowed_emails import (
    ListIsBusy,
    clear_list,
    import_addresses,
    remove_addresses,
    take_back,
)
from webinars.tests.at_once import Team
from webinars.tests.factories import (
    AgencyMemberFactory,
    AllowedEmailFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def webinar():
    return WebinarFactory(access_policy="email_auth")


@pytest.fixture
def team():
    made = Team(1)
    yield made
    made.close()


@pytest.fixture
def actor(webinar):
    return AgencyMemberFactory(agency=webinar.agency, role="operator").user


def add(webinar, text, *, actor=None, now=None):
    return import_addresses(
        webinar=webinar,
        found=pasted(text),
        source="paste",
        actor_id=actor.pk if actor else None,
        now=now or timezone.now(),
    )


def listed(webinar):
    return sorted(AllowedEmail.objects.filter(webinar=webinar).values_list("email", flat=True))


def counts(made):
    return made.added, made.known, made.repeated, made.rejected


def lines(made):
    return [(one.line, one.outcome, one.problem, one.text) for one in made.lines.all()]


def entries(webinar):
    found = AuditEntry.objects.filter(webinar_id=webinar.pk).order_by("id")
    return [(entry.action, entry.actor_id, entry.details.get("count")) for entry in found]


def test_each_line_is_counted_once_and_those_that_added_nothing_are_kept(webinar, actor):
    AllowedEmailFactory(webinar=webinar, email="known@example.com")
    elsewhere = AllowedEmailFactory(email="new@example.com")

    made = add(
        webinar,
        "New@example.com\nknown@example.com\n\nnonsense\nnew@EXAMPLE.com\nKNOWN@example.com\nother@example.com",
        actor=actor,
    )

    assert listed(webinar) == ["known@example.com", "new@example.com", "other@example.com"]
    assert counts(made) == counts(AllowedEmailImport.objects.get()) == (2, 2, 1, 1)
    assert lines(made) == [
        (2, "known", "", "known@example.com"),
        (4, "rejected", "not_an_address", "nonsense"),
        (5, "repeated", "", "new@example.com"),
        (6, "known", "", "known@example.com"),
    ]
    assert entries(webinar) == [("allowed_emails.added", actor.pk, 2)]
    assert listed(elsewhere.webinar) == ["new@example.com"]


def test_the_counts_are_the_same_however_the_lines_fall_into_batches(webinar, monkeypatch):
    text = "a@x.com\nb@x.com\na@x.com\nknown@x.com\nbad\nknown@x.com\nb@x.com\nc@x.com"
    twin = WebinarFactory()
    for one in (webinar, twin):
        AllowedEmailFactory(webinar=one, email="known@x.com")

    whole = add(webinar, text)
    monkeypatch.setattr(allowed_emails, "BATCH", 2)
    parts = add(twin, text)

    assert counts(whole) == counts(parts) == (3, 2, 2, 1)
    assert lines(whole) == lines(parts)
    assert listed(webinar) == listed(twin)


def test_an_import_that_breaks_off_leaves_nothing(webinar, actor):
    def breaks_off():
        yield from (Found(number, f"p{number}@example.com", "") for number in range(1, 3001))
        raise CannotRead("too many", code="too_many")

    with pytest.raises(CannotRead):
        import_addresses(webinar=webinar, found=breaks_off(), source="csv", actor_id=actor.pk, now=timezone.now())

    assert (listed(webinar), AllowedEmailImport.objects.count(), AllowedEmailLine.objects.count()) == ([], 0, 0)
    assert entries(webinar) == []


def test_two_imports_of_the_same_moment_are_told_apart(webinar):
    now = timezone.now()
    first, second = add(webinar, "a@x.com", now=now), add(webinar, "b@x.com", now=now)

    take_back(made=second, webinar=webinar, actor_id=None, now=now)

    assert listed(webinar) == ["a@x.com"]
    assert second.at - first.at == timedelta(microseconds=1)


def test_an_import_is_taken_back_once(webinar, actor):
    add(webinar, "before@x.com")
    made = add(webinar, "before@x.com\na@x.com\nb@x.com")
    add(webinar, "after@x.com")
    remove_addresses(webinar=webinar, emails=["b@x.com"], actor_id=actor.pk, now=timezone.now())

    removed = [take_back(made=made, webinar=webinar, actor_id=actor.pk, now=timezone.now()) for _ in range(2)]

    assert removed == [1, 0]
    assert listed(webinar) == ["after@x.com", "before@x.com"]
    assert entries(webinar)[-2:] == [("allowed_emails.removed", actor.pk, 1)] * 2


def test_what_a_later_import_names_too_stays_and_goes_with_that_one(webinar):
    earlier = add(webinar, "a@x.com")
    remove_addresses(webinar=webinar, emails=["a@x.com"], actor_id=None, now=timezone.now())
    wrong, right = add(webinar, "a@x.com\nb@x.com\nc@x.com"), add(webinar, "b@x.com\nd@x.com")
    add(webinar, "B@x.com\nnonsense")
    add(WebinarFactory(), "a@x.com")

    left = []
    for made in (earlier, wrong, right):
        take_back(made=made, webinar=webinar, actor_id=None, now=timezone.now())
        left.append(listed(webinar))

    assert left == [["a@x.com", "b@x.com", "c@x.com", "d@x.com"], ["b@x.com", "d@x.com"], ["b@x.com"]]


def test_addresses_are_taken_off_without_regard_to_case_and_only_here(webinar, actor):
    other = WebinarFactory(access_policy="email_auth", client=webinar.client, agency=webinar.agency)
    for one in (webinar, other):
        add(one, "a@x.com\nb@x.com\nc@x.com")

    removed = remove_addresses(
        webinar=webinar, emails=[" A@X.com ", "b@x.com", "nobody@x.com"], actor_id=actor.pk, now=timezone.now()
    )
    again = remove_addresses(webinar=webinar, emails=["a@x.com"], actor_id=actor.pk, now=timezone.now())

    assert (removed, again) == (2, 0)
    assert (listed(webinar), listed(other)) == (["c@x.com"], ["a@x.com", "b@x.com", "c@x.com"])
    assert [entry for entry in entries(webinar) if entry[0] == "allowed_emails.removed"] == [
        ("allowed_emails.removed", actor.pk, 2)
    ]


def test_the_whole_list_is_cleared(webinar, actor):
    other = AllowedEmailFactory()
    add(webinar, "a@x.com\nb@x.com")

    assert clear_list(webinar=webinar, actor_id=actor.pk, now=timezone.now()) == 2
    assert (listed(webinar), listed(other.webinar)) == ([], [other.email])
    assert entries(webinar)[-1] == ("allowed_emails.removed", actor.pk, 2)


def attendee_with(webinar, email, **options):
    return RegistrationFactory(webinar=webinar, user=UserFactory(email=email), **options).user


def test_who_loses_the_last_address_is_shut_out_and_comes_back_with_it(webinar):
    add(webinar, "out@x.com\nin@x.com\nsecond@x.com\nproven@x.com\nunproven@x.com")
    out = attendee_with(webinar, "Out@x.com")
    attendee_with(webinar, "in@x.com")
    two = attendee_with(webinar, "second@x.com")
    EmailAddress.objects.create(user=two, email="in@x.com", verified=True)
    proven = attendee_with(webinar, "elsewhere@x.com")
    EmailAddress.objects.create(user=proven, email="proven@x.com", verified=True)
    unproven = attendee_with(webinar, "somewhere@x.com")
    EmailAddress.objects.create(user=unproven, email="unproven@x.com", verified=False)

    remove_addresses(
        webinar=webinar,
        emails=["out@x.com", "second@x.com", "proven@x.com", "unproven@x.com"],
        actor_id=None,
        now=timezone.now(),
    )
    shut_out = set(shut_out_people(webinar.pk))
    add(webinar, "out@x.com")

    assert shut_out == {out.pk, proven.pk}
    assert shut_out_people(webinar.pk) == [proven.pk]


def test_a_whole_room_comes_back_in_a_few_calls(webinar):
    emails = [f"p{number}@x.com" for number in range(30)]
    for email in emails:
        attendee_with(webinar, email)
    add(webinar, "\n".join(emails))
    clear_list(webinar=webinar, actor_id=None, now=timezone.now())
    out = len(shut_out_people(webinar.pk))

    def transactions():
        stats = room_server(webinar.pk).attempt(lambda client: client.info("commandstats"), otherwise={})
        return stats["cmdstat_exec"]["calls"]

    before = transactions()
    add(webinar, "\n".join(emails))

    assert (out, shut_out_people(webinar.pk)) == (30, [])
    assert transactions() - before < 30


def test_hosts_members_and_people_of_other_policies_are_not_shut_out(webinar):
    add(webinar, "host@x.com\nmember@x.com\nsuper@x.com")
    attendee_with(webinar, "host@x.com", role="presenter")
    member = attendee_with(webinar, "member@x.com")
    AgencyMemberFactory(agency=webinar.agency, user=member, role="viewer")
    RegistrationFactory(webinar=webinar, user=UserFactory(email="super@x.com", is_superuser=True))
    open_to_all = WebinarFactory(access_policy="auth")
    add(open_to_all, "a@x.com")
    attendee_with(open_to_all, "a@x.com")

    for one in (webinar, open_to_all):
        clear_list(webinar=one, actor_id=None, now=timezone.now())

    assert [shut_out_people(one.pk) for one in (webinar, open_to_all)] == [[], []]


def test_who_was_banned_is_not_let_back_in_by_the_list(webinar):
    add(webinar, "a@x.com")
    banned = attendee_with(webinar, "a@x.com")
    clear_list(webinar=webinar, actor_id=None, now=timezone.now())
    webinar.registrations.filter(user=banned).update(banned_at=timezone.now())

    add(webinar, "a@x.com")

    assert shut_out_people(webinar.pk) == [banned.pk]


def test_one_changes_a_list_at_a_time(webinar, team):
    def slowly():
        yield Found(1, "a@x.com", "")
        with pytest.raises(ListIsBusy):
            team.at_once(lambda: add(Webinar.objects.get(pk=webinar.pk), "b@x.com"))
        yield Found(2, "c@x.com", "")

    import_addresses(webinar=webinar, found=slowly(), source="csv", actor_id=None, now=timezone.now())

    assert listed(webinar) == ["a@x.com", "c@x.com"]


def test_a_batch_takes_the_same_statements_whatever_is_in_it(webinar, django_assert_num_queries):
    for rows in (["a,a@x.com"], [f"n{number},p{number}@x.com" for number in range(1500)]):
        data = io.BytesIO("\n".join(["name,email", *rows]).encode())
        # begin, list taken, own moment, import, batch, its counts, audit entry, commit
        with django_assert_num_queries(8):
            import_addresses(
                webinar=webinar,
                found=addresses_in(csv_rows(data)),
                source="csv",
                actor_id=None,
                now=timezone.now(),
            )
    assert connection.in_atomic_block is False
