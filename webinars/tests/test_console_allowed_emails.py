"""Who gets in, in the console: who may see and change the list, what it says, and what it does (spec 3, 14)."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from webinars.addresses.pasted import pasted
from webinars.models import AllowedEmail, AllowedEmailImport, AuditEntry
from webinars.services.allowed_emails import import_addresses
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import AllowedEmailFactory, RegistrationFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
SEE = {"owner", "admin", "operator", "analyst", "client_operator", "superuser"}
RUN = SEE - {"analyst"}


@pytest.fixture
def webinar():
    return WebinarFactory(access_policy="email_auth", title="Members only")


@pytest.fixture
def people(webinar):
    return people_around(webinar)


@pytest.fixture
def operator(client, people):
    return sign_in(client, people["operator"])


def url(name, webinar, *more):
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk, *more])


def add(webinar, text):
    return import_addresses(webinar=webinar, found=pasted(text), source="paste", actor_id=None, now=timezone.now())


def listed(webinar):
    return sorted(AllowedEmail.objects.filter(webinar=webinar).values_list("email", flat=True))


def upload(browser, webinar, data, *, name="list.csv"):
    file = SimpleUploadedFile(name, data if isinstance(data, bytes) else data.encode())
    return browser.post(url("allowed_file", webinar), {"file": file}, headers=ENGLISH)


def asked(browser, method, address, data=None):
    return getattr(browser, method)(address, data or {}, headers=ENGLISH)


def status(response):
    if response.status_code == 302 and "/login" in response.url:
        return 404  # who may not enter the console at all is asked to sign in
    return response.status_code


@pytest.mark.parametrize("part", PARTS)
def test_who_may_see_and_who_may_change(client, webinar, people, part):
    made = add(webinar, "a@x.com\nnonsense")
    browser = sign_in(client, people[part])

    seen = {
        name: status(asked(browser, "get", address))
        for name, address in {
            "list": url("allowed", webinar),
            "report": url("allowed_import", webinar, made.pk),
            "lines": url("allowed_lines", webinar, made.pk),
            "file": url("allowed_list", webinar),
        }.items()
    }
    changed = {
        name: status(asked(browser, "post", address, data))
        for name, address, data in (
            ("paste", url("allowed_paste", webinar), {"addresses": "b@x.com"}),
            ("remove", url("allowed_remove", webinar), {"email": "c@x.com"}),
            ("take back", url("allowed_take_back", webinar, made.pk), {}),
            ("clear", url("allowed_clear", webinar), {}),
        )
    }

    assert set(seen.values()) == {200 if part in SEE else 404}
    assert set(changed.values()) == {302 if part in RUN else 404}
    assert listed(webinar) == ([] if part in RUN else ["a@x.com"])


def test_an_import_is_found_by_its_own_webinar_only(operator, webinar):
    other = WebinarFactory(client=webinar.client, agency=webinar.agency)
    made = add(other, "a@x.com")

    answers = [
        asked(operator, "get", url("allowed_import", webinar, made.pk)),
        asked(operator, "get", url("allowed_lines", webinar, made.pk)),
        asked(operator, "post", url("allowed_take_back", webinar, made.pk)),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert listed(other) == ["a@x.com"]


def test_who_may_only_look_is_offered_nothing_to_change(client, webinar, people):
    made = add(webinar, "a@x.com")
    browser = sign_in(client, people["analyst"])

    pages = [
        asked(browser, "get", address).content.decode()
        for address in (url("allowed", webinar), url("allowed_import", webinar, made.pk))
    ]

    assert ["a@x.com" in pages[0], *('method="post" action="/console/webinars' in page for page in pages)] == [
        True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("policy", ["open", "auth", "email_auth", "name_email_auth"])
def test_the_page_says_whether_the_list_is_used(client, people, webinar, policy):
    webinar.access_policy = policy
    webinar.save()

    page = asked(sign_in(client, people["owner"]), "get", url("allowed", webinar))

    assert (page.context["not_used"] is None) is (policy == "email_auth")


def test_what_is_pasted_is_added_and_reported(operator, webinar):
    answer = operator.post(
        url("allowed_paste", webinar),
        {"addresses": "Kim <KIM@x.com>, kim@x.com\nnonsense"},
        follow=True,
        headers=ENGLISH,
    )

    made = AllowedEmailImport.objects.get()
    assert (made.added, made.known, made.repeated, made.rejected, made.source) == (1, 0, 1, 1, "paste")
    assert listed(webinar) == ["kim@x.com"]
    assert answer.redirect_chain == [(url("allowed_import", webinar, made.pk), 302)]
    assert answer.context["rows"] == [
        {"line": 1, "text": "kim@x.com", "why": "It stands further up as well."},
        {"line": 2, "text": "nonsense", "why": "This is not an email address."},
    ]


def test_lines_are_counted_from_the_first_that_was_pasted(operator, webinar):
    operator.post(url("allowed_paste", webinar), {"addresses": "\n \nnonsense\na@x.com\n\n"})

    assert list(AllowedEmailImport.objects.get().lines.values_list("line", "text")) == [(3, "nonsense")]


def test_as_much_can_be_pasted_as_a_hundred_thousand_addresses_with_names(operator, webinar):
    one = "참석자 12345 <person.number.12345@example.com>\r\n"
    text = "\r\n".join(f"{'참석자 ' * 400} <person{number}@example.com>" for number in range(1_300))

    answer = operator.post(url("allowed_paste", webinar), {"addresses": text})

    assert len(text.encode()) > 100_000 * len(one.encode())
    assert (answer.status_code, AllowedEmail.objects.count()) == (302, 1_300)


def test_a_form_that_is_percent_encoded_is_no_longer_than_elsewhere(operator, webinar):
    answer = operator.post(
        url("allowed_paste", webinar),
        "addresses=" + "%41" * 900_000,
        content_type="application/x-www-form-urlencoded",
    )

    assert (answer.status_code, AllowedEmailImport.objects.count()) == (413, 0)


@pytest.mark.parametrize("name", ["allowed_list", "allowed_lines"])
def test_files_are_fetched_and_never_sent(operator, webinar, name):
    more = [add(webinar, "nonsense").pk] if name == "allowed_lines" else []

    assert operator.post(url(name, webinar, *more)).status_code == 405
    assert AuditEntry.objects.filter(action="personal.exported").count() == 0


def test_a_file_is_known_by_its_content(operator, webinar):
    book = openpyxl.Workbook()
    book.active.append(["이름", "이메일"])
    book.active.append(["김", "kim@x.com"])
    content = io.BytesIO()
    book.save(content)

    upload(operator, webinar, content.getvalue(), name="list.csv")
    upload(operator, webinar, "이름,이메일\r\n이,lee@x.com\r\n".encode("cp949"), name="list.xlsx")

    assert listed(webinar) == ["kim@x.com", "lee@x.com"]
    assert sorted(AllowedEmailImport.objects.values_list("source", flat=True)) == ["csv", "xlsx"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "There is nothing in this file."),
        (b"\n\n", "There is nothing in this file."),
        (b"%PDF-1.7 \x00", "This is not a list. Choose a CSV or an Excel file (.xlsx)."),
        (b"PK\x03\x04 cut off", "This Excel file is damaged or protected."),
        ("이름,전화\n김,010\n".encode(), "No column of addresses was found."),
    ],
)
def test_what_cannot_be_read_is_refused_beside_the_field(operator, webinar, data, said):
    answer = upload(operator, webinar, data)

    assert answer.status_code == 400
    assert [error.startswith(said) for error in answer.context["forms"]["file"].errors["file"]] == [True]
    assert (listed(webinar), AllowedEmailImport.objects.count()) == ([], 0)


@pytest.mark.parametrize("addresses", ["", "   ", "\x00", "a" * 8_000_001])
def test_a_paste_that_is_nothing_or_endless_is_refused(operator, webinar, addresses):
    answer = operator.post(url("allowed_paste", webinar), {"addresses": addresses}, headers=ENGLISH)

    assert (answer.status_code, bool(answer.context["forms"]["paste"].errors)) == (400, True)


@pytest.mark.parametrize("data", [{}, {"file": "text"}])
def test_an_upload_without_a_file_is_refused(operator, webinar, data):
    answer = operator.post(url("allowed_file", webinar), data, headers=ENGLISH)

    assert answer.context["forms"]["file"].errors == {"file": ["Choose a file first."]}


def test_hostile_text_is_shown_as_text(operator, webinar):
    answer = operator.post(
        url("allowed_paste", webinar),
        {"addresses": "<script>alert(1)</script>\n\ud7ff\u202e=cmd|' /C calc'!A0\n'; drop table users"},
        follow=True,
        headers=ENGLISH,
    )

    assert ("<script>alert(1)" in answer.content.decode(), listed(webinar)) == (False, [])
    assert [row["line"] for row in answer.context["rows"]] == [1, 2, 3, 3]


def test_the_lines_are_fetched_as_csv_that_nothing_is_computed_of(operator, webinar, people):
    made = add(webinar, 'a@x.com\na@x.com\n=HYPERLINK("x")\n@SUM(1)')

    answer = asked(operator, "get", url("allowed_lines", webinar, made.pk))
    rejected = asked(operator, "get", url("allowed_lines", webinar, made.pk), {"outcome": "rejected"})

    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""))) == [
        ["Line", "What stands there", "Why it added nothing"],
        ["2", "a@x.com", "It stands further up as well."],
        ["3", '\'=HYPERLINK("x")', "This is not an email address."],
        ["4", "'@SUM(1)", "This is not an email address."],
    ]
    assert len(b"".join(rejected.streaming_content).splitlines()) == 3
    assert answer["Content-Disposition"] == f'attachment; filename="allowed-email-report-{webinar.pk}.csv"'
    exported = AuditEntry.objects.filter(action="personal.exported", webinar_id=webinar.pk)
    assert [entry.actor_id for entry in exported] == [people["operator"].pk] * 2


def test_the_whole_list_is_fetched_as_csv_that_can_be_imported_again(operator, webinar, people):
    for email in ("b@x.com", "-dash@x.com", "+plus@x.com"):
        AllowedEmailFactory(webinar=webinar, email=email)
    before = listed(webinar)

    answer = asked(operator, "get", url("allowed_list", webinar))
    content = b"".join(answer.streaming_content)
    operator.post(url("allowed_clear", webinar))
    upload(operator, webinar, content)

    assert content.decode("utf-8-sig").split()[0] == "email"
    assert [line[0] for line in content.decode("utf-8-sig").split()[1:]] == ["'", "'", "b"]
    assert listed(webinar) == before
    exported = AuditEntry.objects.get(action="personal.exported", webinar_id=webinar.pk)
    assert (exported.actor_id, exported.details) == (
        people["operator"].pk,
        {"what": "allowed_emails", "format": "csv"},
    )


def test_an_import_is_taken_back_and_its_report_says_so(operator, webinar):
    add(webinar, "before@x.com")
    made = add(webinar, "a@x.com\nb@x.com")

    answer = operator.post(url("allowed_take_back", webinar, made.pk), follow=True, headers=ENGLISH)

    assert listed(webinar) == ["before@x.com"]
    assert [str(message) for message in answer.context["messages"]] == [
        "2 addresses were taken off the list. Whoever came in by one leaves within seconds."
    ]
    assert "These addresses were taken back" in answer.content.decode()


def test_a_report_is_kept_for_a_day(operator, webinar):
    made = add(webinar, "a@x.com")

    with travel(timezone.now() + timedelta(hours=25)):
        later = [
            asked(operator, "get", url(name, webinar, *more)).status_code
            for name, *more in (("allowed_import", made.pk), ("allowed_lines", made.pk), ("allowed",))
        ]

    assert later[:2] == [404, 404]


def test_the_list_is_searched_and_shows_who_registered(operator, webinar):
    for email in ("kim@one.com", "kim@two.com", "lee@two.com"):
        AllowedEmailFactory(webinar=webinar, email=email)
    RegistrationFactory(webinar=webinar, user=UserFactory(email="Kim@Two.com"))
    AllowedEmailFactory(email="kim@elsewhere.com")

    page = asked(operator, "get", url("allowed", webinar), {"q": " KIM"})

    assert [(row["email"], row["registered"]) for row in page.context["rows"]] == [
        ("kim@one.com", False),
        ("kim@two.com", True),
    ]


@pytest.mark.parametrize("query", [{"q": "\x00"}, {"q": "%"}, {"page": "x"}, {"page": "999"}, {"q": "a" * 5000}])
def test_odd_questions_get_an_answer(operator, webinar, query):
    AllowedEmailFactory(webinar=webinar)

    assert asked(operator, "get", url("allowed", webinar), query).status_code == 200


def test_the_chosen_are_taken_off_and_no_others(operator, webinar):
    other = AllowedEmailFactory(email="a@x.com")
    for email in ("a@x.com", "b@x.com", "c@x.com"):
        AllowedEmailFactory(webinar=webinar, email=email)

    operator.post(url("allowed_remove", webinar), {"email": ["a@x.com", "b@x.com", "\x00"]})
    operator.post(url("allowed_remove", webinar), {})

    assert (listed(webinar), listed(other.webinar)) == (["c@x.com"], ["a@x.com"])


def test_clearing_says_first_what_is_lost(operator, webinar):
    for email in ("a@x.com", "b@x.com"):
        AllowedEmailFactory(webinar=webinar, email=email)
        RegistrationFactory(webinar=webinar, user=UserFactory(email=email))
    RegistrationFactory(webinar=webinar, user=UserFactory(email="host@x.com"), role="presenter")

    page = asked(operator, "get", url("allowed_clear", webinar))
    before = listed(webinar)
    operator.post(url("allowed_clear", webinar))

    assert (page.context["count"], page.context["people"]) == (2, 2)
    assert (before, listed(webinar)) == (["a@x.com", "b@x.com"], [])


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_the_same_queries_for_one_address_and_for_many(
    operator, webinar, count, django_assert_num_queries
):
    for number in range(count):
        AllowedEmailFactory(webinar=webinar, email=f"p{number}@x.com")
        RegistrationFactory(webinar=webinar, user=UserFactory(email=f"p{number}@x.com"))
    add(webinar, "\n".join(f"q{number}@x.com" for number in range(count)))
    asked(operator, "get", url("allowed", webinar))

    # user, 2 memberships, webinar, count, rows, owners, proven owners, registrations, imports
    with django_assert_num_queries(10):
        asked(operator, "get", url("allowed", webinar))
