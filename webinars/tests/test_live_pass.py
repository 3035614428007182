"""The live pass (spec 4): every claim, and every way to forge one."""

import base64
import json
import uuid
from datetime import timedelta

import jwt
import pytest
from django.utils import timezone

from webinars.selectors.access import Access, Person, Reason, RoomRole
from webinars.services.live_pass import InvalidPass, KeysMalformed, issue_pass, parse_keys, verify_pass
from webinars.tests.factories import WebinarFactory

pytestmark = pytest.mark.django_db

OLD = "old-" + "o" * 64
NEW = "new-" + "n" * 64


@pytest.fixture(autouse=True)
def keys(settings):
    settings.LIVE_PASS_KEYS = f"one:{OLD}"
    return settings


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def person():
    return Person(user_id=uuid.uuid4(), name="김하늘")


@pytest.fixture
def token(webinar, person, now):
    access = Access(True, Reason.OK, RoomRole.ATTENDEE)
    return issue_pass(webinar=webinar, access=access, person=person, now=now).token


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def signed(claims, secret=OLD, algorithm="HS256", key_id="one"):
    return jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": key_id} if key_id else None)


def test_the_claims(token, webinar, person, now, settings):
    claims = claims_of(token)

    assert len(claims.pop("jti")) == 32
    assert claims == {
        "iss": "eventflow",
        "aud": "eventflow.live",
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 600,
        "sub": str(person.user_id),
        "webinar_id": str(webinar.pk),
        "slug": webinar.slug,
        "agency_id": str(webinar.agency_id),
        "client_id": str(webinar.client_id),
        "role": "attendee",
        "name": "김하늘",
        "dup": "replace",
    }


@pytest.mark.parametrize(
    ("policy", "role", "who", "told"),
    [
        ("replace", RoomRole.ATTENDEE, "user_id", "replace"),
        ("warn", RoomRole.ATTENDEE, "user_id", "warn"),
        ("warn", RoomRole.PRESENTER, "user_id", "warn"),
        ("allow", RoomRole.ATTENDEE, "user_id", ""),
        ("replace", RoomRole.MANAGER, "user_id", ""),
        ("replace", RoomRole.ATTENDEE, "guest_id", ""),
    ],
)
def test_what_becomes_of_older_pages_is_said_of_people_who_take_part(webinar, now, policy, role, who, told):
    webinar.duplicate_login_policy = policy
    person = Person(**{who: uuid.uuid4() if who == "user_id" else f"guest-{uuid.uuid4().hex}"})
    token = issue_pass(webinar=webinar, access=Access(True, Reason.OK, role), person=person, now=now).token

    assert verify_pass(token, now=now).duplicates == told
    assert claims_of(token).get("dup", "") == told


def test_a_valid_pass(token, webinar, person, now):
    live_pass = verify_pass(token, now=now)

    assert (live_pass.user_id, live_pass.guest_id, live_pass.name) == (person.user_id, None, "김하늘")
    assert (live_pass.webinar_id, live_pass.agency_id, live_pass.client_id) == (
        webinar.pk,
        webinar.agency_id,
        webinar.client_id,
    )
    assert (live_pass.role, live_pass.admin_mode, live_pass.verbs) == (RoomRole.ATTENDEE, False, frozenset())


def test_a_managers_pass_says_what_they_may(webinar, now):
    access = Access(True, Reason.OK, RoomRole.MANAGER, frozenset({"see_statistics"}))
    token = issue_pass(webinar=webinar, access=access, person=Person(user_id=uuid.uuid4()), now=now).token

    live_pass = verify_pass(token, now=now)

    assert live_pass.admin_mode
    assert (live_pass.may("see_statistics"), live_pass.may("see_personal"), live_pass.may("run")) == (
        True,
        False,
        False,
    )


def test_a_guests_pass(webinar, now):
    guest_id = f"guest-{uuid.uuid4().hex}"
    access = Access(True, Reason.OK)

    live_pass = verify_pass(
        issue_pass(webinar=webinar, access=access, person=Person(guest_id=guest_id), now=now).token
    )

    assert (live_pass.user_id, live_pass.guest_id) == (None, guest_id)


@pytest.mark.parametrize(("seconds", "valid"), [(0, True), (599, True), (600, False), (601, False)])
def test_expiry(token, now, seconds, valid):
    moment = now + timedelta(seconds=seconds)

    if valid:
        assert verify_pass(token, now=moment).role == "attendee"
    else:
        with pytest.raises(InvalidPass):
            verify_pass(token, now=moment)


@pytest.mark.parametrize(
    "claim",
    ["iss", "aud", "exp", "iat", "jti", "sub", "webinar_id", "slug", "agency_id", "client_id", "role", "name"],
)
def test_no_claim_may_be_missing(token, now, claim):
    claims = claims_of(token)
    del claims[claim]

    with pytest.raises(InvalidPass):
        verify_pass(signed(claims), now=now)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "somebody-else"),
        ("aud", "eventflow.other"),
        ("aud", ["eventflow.other"]),
        ("exp", 0),
        ("exp", "soon"),
        ("exp", None),
        ("sub", "not-a-uuid"),
        ("sub", 7),
        ("webinar_id", "not-a-uuid"),
        ("webinar_id", None),
        ("role", "owner"),
        ("role", None),
    ],
)
def test_wrong_claims(token, now, claim, value):
    with pytest.raises(InvalidPass):
        verify_pass(signed({**claims_of(token), claim: value}), now=now)


def test_resigning_the_same_claims_is_valid(token, now):
    """So that the refusals above are for the claim, and not for how the tests sign."""
    assert verify_pass(signed(claims_of(token)), now=now).slug


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_other_algorithms(token, now, algorithm):
    with pytest.raises(InvalidPass):
        verify_pass(signed(claims_of(token), algorithm=algorithm), now=now)


def test_algorithm_none(token, now):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    header = {"alg": "none", "typ": "JWT", "kid": "one"}
    for signature in ("", token.rpartition(".")[2]):
        with pytest.raises(InvalidPass):
            verify_pass(f"{part(header)}.{part(claims_of(token))}.{signature}", now=now)


def test_wrong_signature(token, now):
    with pytest.raises(InvalidPass):
        verify_pass(signed(claims_of(token), secret=NEW), now=now)


def test_tampered_payload(token, now):
    header, _, signature = token.split(".")
    claims = {**claims_of(token), "role": "manager"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()

    with pytest.raises(InvalidPass):
        verify_pass(f"{header}.{payload}.{signature}", now=now)


@pytest.mark.parametrize("key_id", [None, "two", ""])
def test_unknown_keys(token, now, key_id):
    with pytest.raises(InvalidPass):
        verify_pass(signed(claims_of(token), key_id=key_id), now=now)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "....", "é.é.é", "null"])
def test_nonsense(token):
    with pytest.raises(InvalidPass):
        verify_pass(token)


def test_keys_rotate_without_logging_anyone_out(token, webinar, person, now, settings):
    settings.LIVE_PASS_KEYS = f"two:{NEW},one:{OLD}"

    access = Access(True, Reason.OK)
    renewed = issue_pass(webinar=webinar, access=access, person=person, now=now).token

    assert jwt.get_unverified_header(renewed)["kid"] == "two"
    assert verify_pass(token, now=now).user_id == verify_pass(renewed, now=now).user_id
    settings.LIVE_PASS_KEYS = f"two:{NEW}"
    with pytest.raises(InvalidPass):
        verify_pass(token, now=now)


@pytest.mark.parametrize("text", ["", "no-separator", ":secret", "one:short", f"one:{OLD},one:{NEW}"])
def test_malformed_keys_are_refused_without_showing_them(text):
    with pytest.raises(KeysMalformed) as refusal:
        parse_keys(text)

    assert OLD not in str(refusal.value)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "access/track"),
        ("post", "presence/ping"),
        ("post", "access/exit"),
        ("get", "messages"),
        ("post", "messages"),
        ("get", "state"),
        ("get", "stats/access"),
    ],
)
def test_every_call_checks_the_pass_before_anything_else(
    call, webinar, attendee, method, path, now, django_assert_num_queries
):
    body = {"session_id": "0b7d1e9c-1111", "body": "hello", "client_id": "client-1"}
    caller = call(webinar, attendee)
    valid = caller.token
    elsewhere = call(WebinarFactory(), attendee)
    elsewhere.webinar = webinar
    options = {"body": body} if method == "post" else {}

    with django_assert_num_queries(0):
        wrong_webinar = getattr(elsewhere, method)(path, **options)
        answers = []
        for token in (None, "nonsense", signed({**claims_of(valid), "exp": 1}), valid + "x"):
            caller.token = token
            answers.append(getattr(caller, method)(path, **options))

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "invalid_pass")] * 4
    assert {a["WWW-Authenticate"] for a in answers} == {"Bearer"}
    assert (wrong_webinar.status_code, wrong_webinar.json()["code"]) == (403, "wrong_webinar")


def test_the_url_may_name_the_webinar_by_uuid_or_slug(call, webinar, attendee):
    caller = call(webinar, attendee)

    statuses = [
        caller.browser.post(
            f"/api/webinars/{ref}/presence/ping", {}, content_type="application/json", headers=caller.headers()
        ).status_code
        for ref in (webinar.slug, webinar.pk, str(webinar.pk).upper())
    ]

    assert statuses == [204, 204, 204]
