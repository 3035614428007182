"""A webinar's texts in a calendar's file stay texts (docs/security.md)."""

import pytest
from django.utils import timezone

from webinars.calendar_file import calendar_file
from webinars.tests.factories import WebinarFactory

ENDS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


def lines_of(webinar):
    """As a reader unfolds them, whatever it takes for the end of a line."""
    text = calendar_file(webinar=webinar, url="https://eventflow.example/webinars/demo/", now=timezone.now())
    return text.replace("\r\n ", "").splitlines()


@pytest.mark.django_db
@pytest.mark.parametrize("end", ENDS)
def test_no_text_begins_a_line_of_its_own(end):
    webinar = WebinarFactory(title=f"One{end}ATTACH:file:///etc/passwd", description=f"Two{end}END:VEVENT{end}x;,\\n")

    lines = lines_of(webinar)

    assert [line for line in lines if line.startswith(("ATTACH", "x"))] == []
    assert lines.count("END:VEVENT") == 1
    assert "SUMMARY:One\\nATTACH:file:///etc/passwd" in lines
    assert "DESCRIPTION:Two\\nEND:VEVENT\\nx\\;\\,\\\\n" in lines


@pytest.mark.django_db
def test_what_no_line_may_hold_is_a_blank():
    webinar = WebinarFactory(title="a\tb\x01c\x7fd")

    assert "SUMMARY:a b c d" in lines_of(webinar)


@pytest.mark.django_db
def test_its_address_is_the_public_one(client, settings):
    settings.PUBLIC_URL = "https://eventflow.example"
    settings.ALLOWED_HOSTS = ["*"]
    webinar = WebinarFactory()

    calendar = client.get(f"/webinars/{webinar.slug}/calendar.ics", headers={"Host": "evil.example"})
    landing = client.get(f"/webinars/{webinar.slug}/", headers={"Host": "evil.example"})

    assert f"URL:https://eventflow.example/webinars/{webinar.slug}/" in calendar.text.replace("\r\n ", "")
    assert f'href="https://eventflow.example/webinars/{webinar.slug}/"' in landing.text
    assert "evil.example" not in calendar.text + landing.text
    assert calendar["Content-Disposition"].isascii()
