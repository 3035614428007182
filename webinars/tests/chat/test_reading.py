"""Reading the chat (spec 9): new messages, history, and what changed, as of one instant and in one statement."""

import pytest
from django.db import connection
from django.utils import timezone

from webinars.models import ChatRoom
from webinars.tests.factories import MessageFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db

# More messages of the same webinar and author.
MANY = """
INSERT INTO messages (id, webinar_id, client_id, agency_id, user_id, seq, client_message_id, body, author_name,
                      is_host, created_at, updated_at)
SELECT gen_random_uuid(), webinar_id, client_id, agency_id, user_id, n, 'many-' || n, body, author_name, is_host,
       created_at, updated_at
FROM messages, generate_series(2, %(count)s) n WHERE id = %(like)s"""
SCANS = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'messages'"


def chat(webinar, count, **fields):
    """So many messages of one author, numbered from 1."""
    author = UserFactory(display_name="Author")
    ChatRoom.objects.create(webinar=webinar, last_seq=count)
    return [MessageFactory(webinar=webinar, user=author, seq=seq, **fields) for seq in range(1, count + 1)]


def change(message, changed_seq, **fields):
    type(message).objects.filter(pk=message.pk).update(changed_seq=changed_seq, **fields)
    ChatRoom.objects.filter(webinar=message.webinar).update(last_changed_seq=changed_seq)


@pytest.mark.parametrize("query", [{}, {"after": 0}, {"before": 99}, {"after": 0, "changed_after": 0}])
@pytest.mark.parametrize("count", [1, 3])
def test_reading_is_one_query(call, webinar, attendee, count, query, django_assert_num_queries):
    for number, message in enumerate(chat(webinar, count), start=1):
        change(message, number, deleted_at=timezone.now())
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. messages, changes, counters
        data = caller.get("messages", **query).json()["data"]

    assert [m["seq"] for m in data["messages"]] == [*range(1, count + 1)]
    assert (data["lastSeq"], data["lastChangedSeq"], data["hasEarlier"]) == (count, count, False)
    assert [m["seq"] for m in data["changed"]] == ([*range(1, count + 1)] if "changed_after" in query else [])


@pytest.mark.parametrize("query", [{}, {"after": 0, "changed_after": 0}, {"before": 3}])
def test_reading_never_goes_through_the_whole_table(call, webinar, attendee, query):
    """Nor does it where nothing comes before what is answered."""
    large = chat(WebinarFactory(), 1)[0]
    chat(webinar, 3)
    caller = call(webinar, attendee)

    with connection.cursor() as cursor:
        cursor.execute(MANY, {"like": large.pk, "count": 3000})
        cursor.execute("ANALYZE messages")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(SCANS)
        before = cursor.fetchone()
        data = caller.get("messages", **query).json()["data"]
        cursor.execute(SCANS)
        after = cursor.fetchone()

    assert (data["hasEarlier"], after) == (False, before)


def test_the_live_page_begins_where_its_messages_end(client, webinar, attendee):
    chat(webinar, 3)
    client.force_login(attendee, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(f"/webinars/{webinar.slug}/live/")

    config = page.context["live_config"]
    assert [m["seq"] for m in page.context["first_messages"]] == [1, 2, 3]
    assert {name: config[name] for name in ("lastSeq", "lastChangedSeq", "hasEarlier")} == {
        "lastSeq": 3,
        "lastChangedSeq": 0,
        "hasEarlier": False,
    }


@pytest.mark.parametrize(
    ("query", "seqs", "last", "earlier"),
    [
        ({}, [*range(11, 61)], 60, True),  # the newest 50, oldest first
        ({"limit": 3}, [58, 59, 60], 60, True),
        ({"after": 57}, [58, 59, 60], 60, True),
        ({"after": 0, "limit": 2}, [1, 2], 2, False),
        ({"after": 60}, [], 60, True),
        ({"after": 99}, [], 99, True),
        ({"before": 4}, [1, 2, 3], 3, False),
        ({"before": 4, "limit": 2}, [2, 3], 3, True),
        ({"before": 1}, [], 0, False),
        ({"before": 99, "limit": 1}, [60], 60, True),
        ({"after": 10, "before": 13}, [11, 12], 12, True),
        ({"after": 10, "before": 14, "limit": 2}, [11, 12], 12, True),
    ],
)
def test_pages_of_messages(call, webinar, attendee, query, seqs, last, earlier):
    chat(webinar, 60)

    data = call(webinar, attendee).get("messages", **query).json()["data"]

    assert [m["seq"] for m in data["messages"]] == seqs
    assert (data["lastSeq"], data["hasEarlier"]) == (last, earlier)


@pytest.mark.parametrize(("query", "last"), [({"after": 1}, 9), ({"after": 1, "limit": 2}, 3), ({"before": 4}, 3)])
def test_a_page_goes_on_behind_numbers_whose_messages_are_gone(call, webinar, attendee, query, last):
    """As when an account was deleted with all that was its own."""
    chat(webinar, 3)
    ChatRoom.objects.update(last_seq=9)

    data = call(webinar, attendee).get("messages", **query).json()["data"]

    assert data["lastSeq"] == last


def test_what_changed_comes_by_the_number_of_its_change(call, webinar, attendee):
    messages = chat(webinar, 4, body="hello")
    change(messages[2], 1, deleted_at=timezone.now())
    change(messages[0], 2, deleted_at=timezone.now())
    change(messages[1], 4)  # deleted by the third change, restored by the fourth
    caller = call(webinar, attendee)

    def changed(after):
        data = caller.get("messages", after=4, changed_after=after).json()["data"]
        return [(m["changedSeq"], m["seq"], m["deleted"], m["body"]) for m in data["changed"]], data["lastChangedSeq"]

    assert changed(0) == ([(1, 3, True, ""), (2, 1, True, ""), (4, 2, False, "hello")], 4)
    assert changed(2) == ([(4, 2, False, "hello")], 4)
    assert changed(4) == ([], 4)
    assert changed(9) == ([], 4)


def test_very_many_changes_come_in_parts_and_none_is_passed_over(call, webinar, attendee):
    for number, message in enumerate(chat(webinar, 201), start=1):
        change(message, number)
    caller = call(webinar, attendee)

    first = caller.get("messages", after=201, changed_after=0).json()["data"]
    second = caller.get("messages", after=201, changed_after=first["lastChangedSeq"]).json()["data"]

    assert [m["changedSeq"] for m in first["changed"]] == [*range(1, 201)]
    assert (first["lastChangedSeq"], second["lastChangedSeq"]) == (200, 201)
    assert [m["changedSeq"] for m in second["changed"]] == [201]


def test_deleted_messages_keep_their_place_without_their_text(call, webinar, attendee):
    MessageFactory(webinar=webinar, seq=1, body="regrettable", deleted_at=timezone.now())

    (message,) = call(webinar, attendee).get("messages").json()["data"]["messages"]

    assert (message["seq"], message["body"], message["deleted"]) == (1, "", True)


@pytest.mark.parametrize(
    "query",
    [
        {"after": "x"},
        {"after": -1},
        {"after": 2**63},
        {"after": "\x00"},
        {"before": 0},
        {"before": 2**63},
        {"changed_after": -1},
        {"changed_after": "1e3"},
        {"limit": 0},
        {"limit": 201},
        {"limit": "9" * 5000},
    ],
)
def test_malformed_reading(call, webinar, attendee, query):
    response = call(webinar, attendee).get("messages", **query)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert [*response.json()["fields"]] == [*query]


@pytest.mark.parametrize("query", [{}, {"after": 0}, {"before": 99}, {"changed_after": 0}])
def test_another_webinars_messages_stay_there(call, webinar, attendee, query):
    message = MessageFactory(seq=1, changed_seq=1)
    ChatRoom.objects.create(webinar=message.webinar, last_seq=1, last_changed_seq=1)

    data = call(webinar, attendee).get("messages", **query).json()["data"]

    assert data == {"messages": [], "lastSeq": 0, "lastChangedSeq": 0, "changed": [], "hasEarlier": False}
