"""The console's list of a webinar's questions (spec 14)."""

import pytest
from django.urls import reverse

from webinars.tests.console_people import sign_in
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
