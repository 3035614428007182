"""The live pass (spec 4): a short-lived signed token for one person or guest in one webinar.

Hot endpoints verify it without asking anybody. Keys come from `LIVE_PASS_KEYS="id:secret,id2:secret2"`: the first
signs, all of them verify, so a key is rotated by putting the new one in front and dropping the old one ten
minutes later.
"""

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.utils import timezone

from webinars.models import Webinar
from webinars.selectors.access import Access, Person, RoomRole
from webinars.selectors.permissions import Verb

ALGORITHM = "HS256"
MINIMUM_SECRET_LENGTH = 32
LONGEST_TOKEN = 4096
CLAIMS = ("iss", "aud", "exp", "iat", "jti", "sub", "webinar_id", "slug", "agency_id", "client_id", "role", "name")
GUEST_PREFIX = "guest-"


class KeysMalformed(ValueError):
    """LIVE_PASS_KEYS cannot be used; the text says why without showing a secret."""


class InvalidPass(Exception):
    """The token is not ours, not for this, or no longer valid. Which of these is nobody's business."""


@dataclass(frozen=True)
class LivePass:
    """The verified claims. `user_id` is None for a guest."""

    subject: str
    webinar_id: uuid.UUID
    slug: str
    agency_id: uuid.UUID
    client_id: uuid.UUID
    role: RoomRole
    name: str
    verbs: frozenset[str]
    expires_at: int
    duplicates: str = ""  # what becomes of a person's older pages: "warn", "replace", or nothing
    unproven: bool = False  # the person typed an address and is not signed in
    sign_in: int | None = None  # with which it ends

    @property
    def user_id(self) -> uuid.UUID | None:
        return None if self.subject.startswith(GUEST_PREFIX) else uuid.UUID(self.subject)

    @property
    def guest_id(self) -> str | None:
        return self.subject if self.subject.startswith(GUEST_PREFIX) else None

    @property
    def admin_mode(self) -> bool:
        return self.role is RoomRole.MANAGER

    def may(self, verb: Verb) -> bool:
        return verb in self.verbs

    def is_for(self, ref: str) -> bool:
        """Whether a URL's webinar (UUID or slug) is the one the pass was made for."""
        return ref == self.slug or ref.lower() == str(self.webinar_id)


@dataclass(frozen=True)
class IssuedPass:
    token: str
    expires_at: datetime


def parse_keys(text: str) -> Mapping[str, str]:
    """Key id to secret, the signing key first."""
    keys: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key_id, separator, secret = part.partition(":")
        if not separator or not key_id:
            raise KeysMalformed("LIVE_PASS_KEYS must look like id:secret,id2:secret2.")
        if len(secret) < MINIMUM_SECRET_LENGTH:
            raise KeysMalformed(
                f"The secret of key {key_id!r} in LIVE_PASS_KEYS needs at least {MINIMUM_SECRET_LENGTH} characters."
            )
        if key_id in keys:
            raise KeysMalformed(f"LIVE_PASS_KEYS names the key {key_id!r} twice.")
        keys[key_id] = secret
    if not keys:
        raise KeysMalformed("LIVE_PASS_KEYS is not set. Give it as id:secret, with a secret of 32 characters or more.")
    return keys


@functools.lru_cache(maxsize=4)
def _keys(text: str) -> Mapping[str, str]:
    return parse_keys(text)


@functools.lru_cache(maxsize=16)
def _key_id(header: str) -> Any:
    """The key that a token's first part names. All tokens of a key share that part, so it is read once, not at each
    call; whether it is true is for the signature to say. Raises jwt.DecodeError."""
    return jwt.get_unverified_header(f"{header}..").get("kid")


def issue_pass(
    *, webinar: Webinar, access: Access, person: Person, now: datetime, sign_in: int | None = None
) -> IssuedPass:
    """A pass for somebody whom `decide_access` let in; with the number of their sign-in it ends when that does."""
    assert access.allowed
    subject = str(person.user_id) if person.user_id is not None else person.guest_id
    assert subject is not None
    expires_at = (now + timedelta(seconds=settings.LIVE_PASS_LIFE_SECONDS)).replace(microsecond=0)
    key_id, secret = next(iter(_keys(settings.LIVE_PASS_KEYS).items()))
    claims: dict[str, Any] = {
        "iss": settings.LIVE_PASS_ISSUER,
        "aud": settings.LIVE_PASS_AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": uuid.uuid4().hex,
        "sub": subject,
        "webinar_id": str(webinar.id),
        "slug": webinar.slug,
        "agency_id": str(webinar.agency_id),
        "client_id": str(webinar.client_id),
        "role": access.role.value,
        "name": person.name,
    }
    if not person.proven:
        claims["unproven"] = True
    if sign_in is not None:
        claims["sid"] = sign_in
    if access.verbs:
        claims["may"] = sorted(access.verbs)
    if duplicates := _duplicates(webinar=webinar, access=access, person=person):
        claims["dup"] = duplicates
    token = jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": key_id})
    return IssuedPass(token, expires_at)


def _duplicates(*, webinar: Webinar, access: Access, person: Person) -> str:
    """Whoever looks after a webinar may do so from several pages, and of guests nobody knows who is who."""
    if person.user_id is None or access.admin_mode or webinar.duplicate_login_policy == Webinar.DuplicateLogin.ALLOW:
        return ""
    return str(webinar.duplicate_login_policy)


def _number(claim: Any) -> int | None:
    return claim if isinstance(claim, int) else None


def verify_pass(token: str, *, now: datetime | None = None) -> LivePass:
    """The claims of a valid pass, or InvalidPass. No query, no network.

    `now` replaces the clock, for tests and replays.
    """
    if len(token) > LONGEST_TOKEN:
        raise InvalidPass
    try:
        key_id = _key_id(token.partition(".")[0])
        secret = _keys(settings.LIVE_PASS_KEYS).get(key_id) if isinstance(key_id, str) else None
        if secret is None:
            raise InvalidPass
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            issuer=settings.LIVE_PASS_ISSUER,
            audience=settings.LIVE_PASS_AUDIENCE,
            options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False},
        )
        moment = (now or timezone.now()).timestamp()
        if not isinstance(claims["exp"], int) or moment >= claims["exp"]:
            raise InvalidPass
        live_pass = LivePass(
            subject=claims["sub"],
            webinar_id=uuid.UUID(claims["webinar_id"]),
            slug=claims["slug"],
            agency_id=uuid.UUID(claims["agency_id"]),
            client_id=uuid.UUID(claims["client_id"]),
            role=RoomRole(claims["role"]),
            name=claims["name"],
            verbs=frozenset(claims.get("may", ())),
            expires_at=claims["exp"],
            duplicates=str(claims.get("dup", "")),
            sign_in=_number(claims.get("sid")),
            unproven=bool(claims.get("unproven", False)),
        )
        live_pass.user_id  # noqa: B018  a subject that is neither a guest nor a UUID is refused here
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise InvalidPass from error
    return live_pass
