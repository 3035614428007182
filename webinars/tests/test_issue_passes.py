import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from webinars.models import Registration, User
from webinars.tests.factories import WebinarFactory


@pytest.fixture
def webinar(db):
    return WebinarFactory(slug="talk", access_policy="name_email_auth")


def issue(*arguments: str) -> list[dict[str, str]]:
    output = StringIO()
    call_command("issue_passes", *arguments, stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_one_line_each_with_a_pass_that_the_real_doors_take(webinar, client):
    made = issue("talk", "--count", "3", "--yes")

    assert [line.keys() for line in made] == [{"userId", "sessionId", "token"}] * 3
    assert len({line["userId"] for line in made}) == len({line["sessionId"] for line in made}) == 3
    for line in made:
        bearer = {"Authorization": f"Bearer {line['token']}"}
        tracked = client.post(
            "/api/webinars/talk/access/track", {"session_id": line["sessionId"]}, "application/json", headers=bearer
        )
        assert tracked.json()["data"]["session"] == "open"
        pinged = client.post(
            "/api/webinars/talk/presence/ping", {"session_id": line["sessionId"]}, "application/json", headers=bearer
        )
        assert pinged.status_code == 204


def test_everybody_is_registered_and_comes_again_at_the_next_call(webinar):
    first = issue("talk", "--count", "2", "--yes")

    again = issue(str(webinar.id), "--count", "3", "--yes")

    assert [line["userId"] for line in again][:2] == [line["userId"] for line in first]
    assert not {line["sessionId"] for line in again} & {line["sessionId"] for line in first}
    assert Registration.objects.filter(webinar=webinar).count() == User.objects.count() == 3


def test_groups_are_other_people(webinar):
    first = issue("talk", "--count", "2", "--yes")
    other = issue("talk", "--count", "2", "--group", "other", "--yes")

    assert not {line["userId"] for line in other} & {line["userId"] for line in first}


def test_sample_people_cannot_sign_in(webinar):
    issue("talk", "--count", "1", "--yes")

    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize("count", [1, 3])
def test_many_people_cost_as_many_statements_as_one(webinar, count, django_assert_num_queries):
    issue("talk", "--count", "1", "--yes")

    # 1. webinar  2. savepoint  3. known people  4. new people  5. registrations  6. release
    with django_assert_num_queries(6):
        issue("talk", "--count", str(count + 1), "--yes")


def test_outside_debug_it_wants_to_be_asked_twice(webinar, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Outside debug it needs --yes"):
        issue("talk", "--count", "1")
    assert not Registration.objects.exists()

    settings.DEBUG = True
    assert len(issue("talk", "--count", "1")) == 1


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["nowhere", "--count", "1"], "There is no webinar 'nowhere'."),
    (["talk", "--count", "0"], "--count must be 1 or more."),
])  # fmt: skip
def test_what_cannot_be_is_told(webinar, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        issue(*arguments, "--yes")
