"""Which host, origin and address a caller has, and who is believed about it (docs/security.md)."""

import pytest
from allauth.account.adapter import get_adapter
from django.core import mail
from django.test import Client as Browser
from django.test import RequestFactory

from eventflow.api.client_address import client_address
from eventflow.public_url import absolute_url, as_public
from eventflow.socket_origin import is_own_page
from webinars.tests.account_people import PASSWORD, known_person
from webinars.tests.factories import UserFactory

HOSTS = ["eventflow.example", ".studio.example"]


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("https://eventflow.example", True),
        ("http://eventflow.example:8443", True),
        ("https://EVENTFLOW.example", True),
        ("https://live.studio.example", True),
        ("https://studio.example", True),
        ("null", False),
        ("", False),
        ("https://", False),
        ("https://eventflow.example.evil.example", False),
        ("https://evil-eventflow.example", False),
        ("https://eventflow.example@evil.example", False),
        ("https://evil.example#eventflow.example", False),
        ("https://evil.example/eventflow.example", False),
        ("https://eventflow.example/", False),
        ("https://eventflow.example:99999", False),
        ("https://eventflow.example:", False),
        ("https://xn--eventflw-m0c.example", False),
        ("https://eventflоw.example", False),  # a Cyrillic letter
        ("https://notstudio.example", False),
        ("https://[::1", False),
        ("https://[eventflow.example]", False),
        ("ftp://eventflow.example", False),
        ("file://", False),
        ("https://eventflow.example\n", False),
        ("https://eventflow.example\x00", False),
        ("chrome-extension://eventflow.example", False),
    ],
)
def test_whose_page_may_open_a_socket(settings, origin, own):
    settings.ALLOWED_HOSTS = HOSTS

    assert is_own_page(origin, host="eventflow.example") is own


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("https://a.example", "a.example", True),
        ("https://a.example:444", "a.example:8001", True),
        ("https://b.example", "a.example", False),
        ("https://a.example", "[::1", False),
        ("null", "null", False),
    ],
)
def test_where_any_host_is_served_the_asked_one_counts(settings, origin, host, own):
    settings.ALLOWED_HOSTS = ["*"]

    assert is_own_page(origin, host=host) is own


FORWARDED = "203.0.113.66, 198.51.100.4, 192.0.2.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, FORWARDED, "10.1.1.1"),
        (1, FORWARDED, "192.0.2.7"),
        (2, FORWARDED, "198.51.100.4"),
        (3, FORWARDED, "203.0.113.66"),
        (4, FORWARDED, "203.0.113.66"),
        (1, "", "10.1.1.1"),
        (2, "192.0.2.7", "192.0.2.7"),
        (1, "203.0.113.66,2001:db8::7", "2001:db8::7"),
        (1, "not an address", None),
    ],
)
def test_proxies_of_ours_are_counted_from_the_right_by_everybody(settings, proxies, forwarded, expected):
    """The rate limits of signing in ask the same function as the rest, and fail on no header."""
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.1.1.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == expected
    assert get_adapter().get_client_ip(request) == (expected or "0.0.0.0")


@pytest.mark.django_db
@pytest.mark.parametrize("forwarded", ["::1", "", ",", "unknown", "?, 192.0.2.7:80", "[::1]:443", "fe80::1%eth0"])
@pytest.mark.parametrize("peer", ["10.1.1.1", ""])
@pytest.mark.usefixtures("quick_hashing")
def test_no_header_stops_anybody_from_signing_in(settings, client, forwarded, peer):
    """Too short, or none: also behind a proxy that comes by a socket file, which has no address."""
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
    person = known_person()

    response = client.post(
        "/accounts/login/",
        {"login": person.email, "password": PASSWORD},
        REMOTE_ADDR=peer,
        HTTP_X_FORWARDED_FOR=forwarded,
    )

    assert response.url == "/"
    assert client.get("/accounts/sessions/").status_code == 200


@pytest.mark.django_db
def test_a_forwarded_host_is_nobodys_business(client):
    response = client.get("/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "99"})

    assert response.status_code == 200
    assert b"evil.example" not in response.content


def test_without_a_proxy_nobody_says_that_they_came_by_https():
    assert RequestFactory().get("/", HTTP_X_FORWARDED_PROTO="https").is_secure() is False


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "a b", ""])
def test_hosts_that_are_not_ours(client, host):
    response = client.get("/", headers={"Host": host})

    assert response.status_code == 400 if host else 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("public", "begins"), [("https://eventflow.example", "https://eventflow.example/"), ("", None)]
)
@pytest.mark.parametrize("known", [True, False])
def test_links_in_mails_lead_to_the_public_address(settings, public, begins, known):
    """Whatever host a request names, where more than one is served."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = public
    user = UserFactory(email="somebody@example.com")
    user.set_password("a-long-enough-one")
    user.save()
    address = user.email if known else "nobody@example.com"

    Browser().post("/accounts/password/reset/", {"email": address}, headers={"Host": "evil.example"})

    (sent,) = mail.outbox
    if begins:
        assert "evil.example" not in sent.body + sent.subject
        assert begins in sent.body
    else:
        assert "http://evil.example/" in sent.body


def test_addresses_for_mails(settings):
    request = RequestFactory().get("/here", headers={"Host": "testserver"})

    assert absolute_url("/a?b=c", request) == "http://testserver/a?b=c"
    settings.PUBLIC_URL = "https://eventflow.example"
    assert absolute_url("/a?b=c", request) == absolute_url("/a?b=c") == "https://eventflow.example/a?b=c"
    assert as_public("http://testserver/a?b=c", request) == "https://eventflow.example/a?b=c"
    assert as_public("https://elsewhere.example/a", request) == "https://elsewhere.example/a"


def test_without_either_no_address_is_made():
    with pytest.raises(ValueError, match="PUBLIC_URL"):
        absolute_url("/a")


ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "http:evil.example", "https:/evil.example", "javascript:alert(1)", "\t//evil.example", "/\t/evil.example",
    "//testserver@evil.example/", "%2f%2fevil.example", "https://testserver.evil.example/", "data:text/html,x",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_sent_elsewhere(client, organizer, wanted):
    organizer.set_password("a-long-enough-one")
    organizer.save()
    answers = [
        client.post("/i18n/setlang/", {"language": "en", "next": wanted}),
        client.post("/i18n/setlang/", {"language": "en"}, headers={"Referer": wanted.strip()}),
        client.get("/console/login/", {"next": wanted}),
        client.post("/accounts/login/", {"login": organizer.email, "password": "a-long-enough-one", "next": wanted}),
        client.post("/accounts/logout/", {"next": wanted}),
    ]

    places = [response.get("Location", "/") for response in answers]
    assert [place for place in places if not stays(place)] == []


def stays(place: str) -> bool:
    """Whether a browser that follows stays here."""
    plain = place.replace("\\", "/").replace("\t", "").strip()
    return (plain.startswith("/") and not plain.startswith("//")) or plain.startswith("%2f")


@pytest.mark.django_db
def test_signing_in_at_the_console_leads_into_the_console_only(client, organizer):
    client.force_login(organizer)

    places = [
        client.get("/console/login/", {"next": wanted})["Location"] for wanted in [*ELSEWHERE, "/accounts/email/"]
    ]

    assert set(places) == {"/console/"}
