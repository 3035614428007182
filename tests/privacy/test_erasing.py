"""Whatever tables there are: nothing of an erased person is left in any of them (spec 5, Retention)."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from stats.models import AttendanceSeal
from stats.services.retention import prune
from tests.privacy.everywhere import all_models, past_webinar, person_everywhere, personal_columns, tables_of, traces
from webinars.models import AllowedEmail, AllowedEmailLine, CampaignEntry, ConsentGiven, Invitation, User
from webinars.services.erasure import erase_person
from webinars.tombstones import tombstone_email

pytestmark = pytest.mark.django_db

# Tables with texts in which nothing of a person stands, and why.
NOBODY_IN: dict[str, str] = {
    "account_emailconfirmation": "a key, of an address that goes; filled by the test all the same",
    "agencies": "an organisation's name",
    "attendance_seals": "who sealed, by id; the reason is the organizer's",
    "audit_log": "ids alone, and no change is taken",
    "auth_group": "not used",
    "auth_permission": "Django's own names",
    "clients": "an organisation's name",
    "consent_texts": "the organizer's words",
    "consent_versions": "the organizer's words",
    "django_celery_beat_clockedschedule": "times",
    "django_celery_beat_crontabschedule": "times",
    "django_celery_beat_periodictask": "the names of jobs",
    "django_celery_beat_solarschedule": "places of the sun",
    "django_content_type": "the names of models",
    "django_session": "packed; looked into one by one",
    "event_survey_campaigns": "the organizer's words",
    "event_survey_questions": "the organizer's words",
    "socialaccount_socialapp": "our own keys at the providers",
    "users_groups": "not used",
    "users_user_permissions": "not used",
    "webinar_access_logs": "counts",
    "webinar_access_summaries": "counts",
}


@pytest.fixture
def webinar():
    return past_webinar()


@pytest.fixture
def person(webinar):
    return person_everywhere(webinar)


def test_the_person_is_in_every_table_that_can_hold_one(person):
    could = {model._meta.db_table for model in all_models() if personal_columns(model)}

    assert could - tables_of(person) - set(NOBODY_IN) == set()


def test_nothing_is_left_in_any_table(person):
    before = traces()

    erase_person(user_id=person.pk, now=timezone.now())

    assert len(before) > 20
    assert traces() == set()
    assert not any(str(person.pk) in str(session.get_decoded()) for session in Session.objects.all())


def test_seals_are_as_they_were(webinar, person):
    def sealed():
        return list(AttendanceSeal.objects.values()), list(
            AttendanceSeal.objects.get().rows.order_by("row").values("row", "identity_digest", "unique_seconds")
        )

    before = sealed()

    erase_person(user_id=person.pk, now=timezone.now())

    assert sealed() == before


def test_lists_and_forms_keep_their_counts_where_they_count(webinar, person):
    def counts():
        return {
            model.__name__: model.objects.count()
            for model in (AllowedEmail, AllowedEmailLine, CampaignEntry, ConsentGiven, Invitation)
        }

    before = counts()
    erased = erase_person(user_id=person.pk, now=timezone.now())
    again = erase_person(user_id=person.pk, now=timezone.now())

    gone = {name: before[name] - count for name, count in counts().items()}
    assert gone == {"AllowedEmail": 1, "AllowedEmailLine": 0, "CampaignEntry": 0, "ConsentGiven": 0, "Invitation": 1}
    entry = CampaignEntry.objects.get(user=person)
    assert (entry.email, entry.name, entry.phone, entry.answers) == (tombstone_email(person.pk), "", "", [])
    assert [erased[name] for name in ("allowed addresses", "campaign entries", "invitations")] == [3, 1, 1]
    assert [again[name] for name in ("allowed addresses", "campaign entries", "invitations")] == [0, 0, 0]


def test_what_others_left_stays(person):
    erase_person(user_id=person.pk, now=timezone.now())

    other = User.objects.get(display_name="Kept Lee")
    assert CampaignEntry.objects.get(user=other).phone == "010-1"
    assert AllowedEmail.objects.filter(email=other.email.lower()).count() == 1
    assert Invitation.objects.filter(email=other.email.lower()).count() == 1
    assert sorted(AllowedEmailLine.objects.exclude(text="").values_list("text", flat=True)) == sorted(
        ["Kept Lee", other.email.lower()]
    )


def test_an_erased_person_is_not_pruned_away(person):
    erase_person(user_id=person.pk, now=timezone.now())

    prune(now=timezone.now() + timedelta(days=400))

    assert User.objects.filter(pk=person.pk).exists()
