"""The chat and the questions as files: everything there is, safe to open, and who wrote it (spec 9, 10)."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import translation
from openpyxl import load_workbook

from stats.exports import csv_file, room
from stats.exports.csv_file import csv_bytes
from stats.exports.room import ChatFile, QuestionsFile
from stats.tests.exports.people import NOW, START, ended_webinar, minutes, on_the_wall
from stats.tests.exports.test_memory import MOST_BYTES, peak
from webinars.models import Message, Question
from webinars.services.erasure import erase_person
from webinars.tests.factories import MessageFactory, QuestionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def talk(db):
    return ended_webinar()


@pytest.fixture
def person(db):
    return UserFactory(email="seoyeon@example.kr", display_name="김서연")


def message(talk, seq, person, **fields):
    made = MessageFactory(webinar=talk, user=person, seq=seq, **fields)
    Message.objects.filter(pk=made.pk).update(created_at=minutes(seq))
    return made


def question(talk, seq, person, **fields):
    made = QuestionFactory(webinar=talk, user=person, seq=seq, changed_seq=seq, **fields)
    Question.objects.filter(pk=made.pk).update(created_at=minutes(seq))
    return made


def written_csv(contents):
    data = b"".join(csv_bytes(contents.csv_lines()))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def book_of(contents, tmp_path):
    path = tmp_path / "book.xlsx"
    contents.write_workbook(path, lambda rows: None)
    return load_workbook(path)


CHAT_HEAD = [
    "Number",
    "Written (Asia/Seoul)",
    "Name",
    "Email",
    "By a host",
    "Message",
    "Deleted",
    "Time of deletion (Asia/Seoul)",
]
QUESTIONS_HEAD = [
    "Number",
    "Asked (Asia/Seoul)",
    "Name",
    "Email",
    "Asked anonymously",
    "Question",
    "State",
    "Votes",
    "Pinned",
    "Answer",
    "Answered live",
    "Answered by",
    "Time of the answer (Asia/Seoul)",
]


@pytest.fixture
def host(db):
    return UserFactory(email="host@example.kr", display_name="진행자")


@pytest.fixture
def chat(talk, person, host):
    message(talk, 2, host, body="환영합니다\n여러분", is_host=True)
    message(talk, 1, person, body='=HYPERLINK("http://evil")')
    message(talk, 3, person, body="Oops", deleted_at=minutes(4))
    MessageFactory(body="elsewhere")
    return ChatFile(talk, now=NOW)


@pytest.fixture
def questions(talk, person, host):
    question(talk, 1, person, body="Why?", is_anonymous=True)
    question(talk, 2, person, body="When?", status="published", upvote_count=7, pinned_at=minutes(9))
    question(talk, 3, person, body="Who?", status="answered", answer="@me", answered_live=False,
             answered_at=minutes(5), answered_by=host)  # fmt: skip
    question(talk, 4, person, body="How?", status="archived", answered_live=True, answered_at=minutes(6))
    QuestionFactory(body="elsewhere")
    return QuestionsFile(talk, now=NOW)


def test_the_chat_as_csv(chat):
    assert written_csv(chat) == [
        CHAT_HEAD,
        ["1", "2026-03-02 10:01:00", "김서연", "seoyeon@example.kr", "No", '\'=HYPERLINK("http://evil")', "No", ""],
        ["2", "2026-03-02 10:02:00", "진행자", "host@example.kr", "Yes", "환영합니다 여러분", "No", ""],
        ["3", "2026-03-02 10:03:00", "김서연", "seoyeon@example.kr", "No", "Oops", "Yes", "2026-03-02 10:04:00"],
    ]


def test_the_questions_as_csv(questions):
    who = ["김서연", "seoyeon@example.kr"]
    assert written_csv(questions) == [
        QUESTIONS_HEAD,
        ["1", "2026-03-02 10:01:00", *who, "Yes", "Why?", "Waiting", "0", "No", "", "No", "", ""],
        ["2", "2026-03-02 10:02:00", *who, "No", "When?", "Published", "7", "Yes", "", "No", "", ""],
        ["3", "2026-03-02 10:03:00", *who, "No", "Who?", "Answered", "0", "No", "'@me", "No", "진행자",
         "2026-03-02 10:05:00"],
        ["4", "2026-03-02 10:04:00", *who, "No", "How?", "Archived", "0", "No", "", "Yes", "",
         "2026-03-02 10:06:00"],
    ]  # fmt: skip


def test_the_chat_as_a_workbook(chat, tmp_path):
    book = book_of(chat, tmp_path)

    sheet, about = book.worksheets
    rows = [[cell.value for cell in row] for row in sheet]
    assert (book.sheetnames, rows[0]) == (["Chat", "About this file"], CHAT_HEAD)
    assert rows[1] == [
        1,
        on_the_wall(2026, 3, 2, 10, 1),
        "김서연",
        "seoyeon@example.kr",
        "No",
        '=HYPERLINK("http://evil")',
        "No",
        None,
    ]
    assert sheet["F2"].data_type == "s"
    assert (rows[3][6], rows[3][7]) == ("Yes", on_the_wall(2026, 3, 2, 10, 4))
    said = {row[0].value: row[1].value for row in about}
    assert said["Webinar"] == "봄 세미나"
    assert said["Time zone of all times"] == "Asia/Seoul (UTC+09:00 at the start)"
    assert (said["Rows"], said["Taken out"]) == (3, on_the_wall(2026, 3, 3, 11, 0))


def test_the_questions_as_a_workbook(questions, tmp_path):
    book = book_of(questions, tmp_path)

    sheet, _about = book.worksheets
    rows = [[cell.value for cell in row] for row in sheet]
    assert (sheet.title, rows[0], len(rows)) == ("Q&A", QUESTIONS_HEAD, 5)
    assert rows[3][7:] == [0, "No", "@me", "No", "진행자", on_the_wall(2026, 3, 2, 10, 5)]
    assert sheet["E1"].comment.text == "Whether attendees were not told who asked. Treat these names accordingly."


def test_an_empty_room_is_a_head(talk, tmp_path):
    assert written_csv(ChatFile(talk, now=NOW)) == [CHAT_HEAD]
    assert book_of(QuestionsFile(talk, now=NOW), tmp_path).worksheets[0].max_row == 1


def test_where_the_clock_changes_each_time_says_its_offset(person):
    talk = ended_webinar(slug="dst", time_zone="Europe/Berlin")
    for seq, hour in ((1, 0), (2, 1)):  # clocks are put forward at 01:00 UTC
        made = MessageFactory(webinar=talk, user=person, seq=seq)
        Message.objects.filter(pk=made.pk).update(created_at=datetime(2026, 3, 29, hour, 30, tzinfo=UTC))

    head, *rows = written_csv(ChatFile(talk, now=NOW))

    assert head[1:3] == ["Written (Europe/Berlin)", "UTC offset"]
    assert [row[1:3] for row in rows] == [
        ["2026-03-29 01:30:00", "UTC+01:00"],
        ["2026-03-29 03:30:00", "UTC+02:00"],
    ]
    assert [row[-2:] for row in rows] == [["", ""]] * 2


def test_whoever_was_erased_is_not_named(chat, questions, person, host):
    for user in (person, host):
        erase_person(user_id=user.pk, now=NOW)

    lines = [",".join(line) for contents in (chat, questions) for line in written_csv(contents)]

    assert [line for line in lines if "김서연" in line or "진행자" in line or "@" in line.replace("'@me", "")] == []
    assert sum("Erased person" in line for line in lines) == 1


def test_a_stream_stays_in_the_language_in_which_it_began(chat, questions, host, monkeypatch):
    monkeypatch.setattr(csv_file, "LINES_AT_ONCE", 1)
    erase_person(user_id=host.pk, now=NOW)
    streams = [csv_bytes(contents.csv_lines()) for contents in (chat, questions)]
    data = [next(stream) for stream in streams]

    with translation.override("ko"):
        data += [piece for stream in streams for piece in stream]

    text = b"".join(data).decode()
    assert [text.count(word) for word in ("Published", "Erased person", ",Yes,")] == [1, 1, 5]


def test_names_of_the_files(chat, questions):
    assert chat.file_name("csv") == "talk-chat-2026-03-02.csv"
    assert questions.file_name("xlsx") == "talk-questions-2026-03-02.xlsx"


def test_long_rooms_are_read_page_by_page(talk, person, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(room, "ROWS_AT_ONCE", 2)
    for seq in (1, 2, 3, 5, 8):
        message(talk, seq, person)

    with django_assert_num_queries(4):  # three pages, and the end
        numbers = [row["number"] for row in ChatFile(talk, now=NOW).rows()]

    assert numbers == [1, 2, 3, 5, 8]


CROWD = """
INSERT INTO messages
    (id, webinar_id, client_id, agency_id, user_id, seq, client_message_id, body, author_name, is_host, created_at,
     updated_at)
SELECT gen_random_uuid(), %s, %s, %s, %s, n, n::text, repeat('긴 문장 ', 60), '참석자', false, %s, %s
FROM generate_series(1, 12000) n"""


def test_a_file_of_many_messages_is_never_in_memory(talk, person, tmp_path):
    with connection.cursor() as cursor:
        keys = [talk.pk, talk.client_id, talk.agency_id, person.pk]
        cursor.execute(CROWD, [*keys, START, START + timedelta(hours=1)])
    contents = ChatFile(talk, now=NOW)

    size = 0

    def write():
        nonlocal size
        size = sum(len(piece) for piece in csv_bytes(contents.csv_lines()))

    most_csv = peak(write)
    most_book = peak(lambda: contents.write_workbook(tmp_path / "book.xlsx", lambda rows: None))

    assert size > 8_000_000
    assert max(most_csv, most_book) < MOST_BYTES
