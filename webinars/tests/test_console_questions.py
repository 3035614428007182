"""The console's list of a webinar's questions (spec 14)."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.urls import reverse

from webinars.models import AuditEntry, QuestionRoom
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import QuestionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, organizer, webinar):
    sign_in(client, organizer)

    def read(url, **query):
        return client.get(url, query, headers={"Accept-Language": "en"}).content.decode()

    return read


def test_questions_are_a_tab_of_their_webinar(page, webinar):
    list_url = reverse("admin:webinars_question_changelist")
    QuestionFactory(webinar=webinar, asker_name="Shy", is_anonymous=True, body="May I ask?")
    QuestionFactory(webinar=webinar, asker_name="Bold", status="answered", answer="Yes, you may.")

    text = page(list_url, webinar=webinar.slug)

    assert f'href="{list_url}?webinar={webinar.pk}"' in text
    for words in ("May I ask?", "Shy (anonymously)", "Bold", "Yes, you may."):
        assert words in text
    assert "Bold (anonymously)" not in text
    assert "May I ask?" not in page(list_url, webinar=webinar.slug, status__exact="answered")


def test_one_question_with_who_asked_and_no_way_to_change_it(page, webinar):
    made = QuestionFactory(webinar=webinar, user__email="shy@example.com", is_anonymous=True)

    text = page(reverse("admin:webinars_question_change", args=[made.pk]))

    assert "shy@example.com" in text
    assert 'name="_save"' not in text


@pytest.fixture
def asked(webinar):
    """One question that waits and one that is in the archive since it was asked."""
    QuestionRoom.objects.create(webinar=webinar, last_seq=2, last_changed_seq=2)
    waiting = QuestionFactory(webinar=webinar, seq=1, changed_seq=1, asker_name="Shy", body="May I ask?")
    return waiting, QuestionFactory(webinar=webinar, seq=2, changed_seq=2, status="archived")


def choose(browser, action, *questions, **more):
    data = {"action": action, "index": "0", ACTION_CHECKBOX_NAME: [str(question.pk) for question in questions]}
    url = f"{reverse('admin:webinars_question_changelist')}?webinar={questions[0].webinar_id}"
    return browser.post(url, {**data, **more}, headers={"Accept-Language": "en"})


@pytest.mark.parametrize(
    ("action", "status", "done", "act"),
    [
        ("publish_questions", "published", "2 questions are published.", ["question.published", "question.restored"]),
        ("archive_questions", "archived", "2 questions are archived.", ["question.archived"]),
    ],
)
def test_chosen_questions_are_published_and_archived(client, webinar, asked, action, status, done, act):
    sign_in(client, people_around(webinar)["operator"])

    question = choose(client, action, *asked)
    assert not AuditEntry.objects.exclude(action="personal.viewed").exists()
    answer = choose(client, action, *asked, confirmed="yes")
    choose(client, action, *asked, confirmed="yes")

    assert "1. Shy: May I ask?" in question.content.decode()
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [done]
    for row in asked:
        row.refresh_from_db()
    assert [row.status for row in asked] == [status, status]
    acts = AuditEntry.objects.exclude(action="personal.viewed").values_list("action", flat=True)
    assert sorted(acts) == act


@pytest.mark.parametrize(
    ("part", "status_code"), [("analyst", 200), ("viewer", 404), ("neighbour", 404), ("rival", 404)]
)
def test_who_does_not_run_the_webinar_chooses_in_vain(client, webinar, asked, part, status_code):
    sign_in(client, people_around(webinar)[part])

    assert choose(client, "publish_questions", asked[0], confirmed="yes").status_code == status_code
    asked[0].refresh_from_db()
    assert asked[0].status == "pending"


def test_the_webinar_of_a_list_is_no_filter_to_take_away(page, webinar, asked):
    list_url = reverse("admin:webinars_question_changelist")

    assert "Show all" not in page(list_url, webinar=webinar.pk)
    assert "Show all" in page(list_url, webinar=webinar.pk, status__exact="archived")
