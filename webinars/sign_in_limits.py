"""How often one may ask for codes and guess them (spec 13, 18).

Every guess is counted before it is looked at, in one atomic step, so that calls at once cannot pass for one. A code is
guessed in the session that asked for it, and is counted there: what strangers guess in theirs costs its owner nothing.
Mails are counted by address and place, and, widely, by address. A browser that has been the person's own has figures
of its own (`known_browsers`).
"""

import hashlib
from typing import NamedTuple

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import get_ip
from django.http import HttpRequest

from eventflow import redis
from eventflow.rate_limit import wait_seconds
from webinars.known_browsers import known_browser
from webinars.models import User
from webinars.refusals import codes_unavailable, too_many


class Limit(NamedTuple):
    """So many in any so many seconds."""

    most: int
    seconds: int


CODE_GUESSES = Limit(10, 600)  # in one session
FACTOR_GUESSES = Limit(10, 600)  # of one person: whoever guesses here knows their password already
FACTOR_GUESSES_A_DAY = Limit(60, 86_400)
PASSWORD_GUESSES = Limit(10, 600)  # for one address from one place
PASSWORD_GUESSES_ANYWHERE = Limit(100, 3_600)
MAILS = Limit(6, 600)  # to one address, asked for from one place
MAILS_ANYWHERE = Limit(40, 3_600)


def count_mail(request: HttpRequest, address: str) -> None:
    """Before a mail that somebody asks for, signed in or not. Raises the page to answer with."""
    if not redis.answers():
        raise ImmediateHttpResponse(codes_unavailable(request, back=request.path))
    browser = known_browser(request, address)
    wait = _wait("mails", MAILS, address, browser or get_ip(request))
    if not browser:
        wait = wait or _wait("mails-anywhere", MAILS_ANYWHERE, address)
    _refuse(request, wait)


def count_code_guess(request: HttpRequest) -> None:
    """Before an emailed code is compared. Raises the page to answer with."""
    if not redis.answers():
        raise ImmediateHttpResponse(codes_unavailable(request, back=request.path))
    _refuse(request, _wait("code-guesses", CODE_GUESSES, request.session.session_key or get_ip(request)))


def count_factor_guess(request: HttpRequest, user: User) -> None:
    """Before a code of the second factor is compared. Counted per process while Redis is away: a password has been
    given already, and organizers must get in."""
    browser = known_browser(request, user.email)
    wait = _wait("factor-guesses", FACTOR_GUESSES, str(user.pk), browser)
    _refuse(request, wait or _wait("factor-guesses-day", FACTOR_GUESSES_A_DAY, str(user.pk), browser))


def count_password_guess(request: HttpRequest, address: str) -> None:
    """Before a password is compared. Per process while Redis is away."""
    browser = known_browser(request, address)
    wait = _wait("password-guesses", PASSWORD_GUESSES, address, browser or get_ip(request))
    if not browser:
        wait = wait or _wait("password-guesses-anywhere", PASSWORD_GUESSES_ANYWHERE, address)
    _refuse(request, wait)


def _wait(what: str, limit: Limit, *who: str) -> int:
    """By a fingerprint: neither keys nor logs of Redis name anybody."""
    mark = hashlib.sha256("\0".join(one.strip().lower() for one in who).encode()).hexdigest()[:32]
    return wait_seconds(f"{what}:{mark}", limit=limit.most, seconds=limit.seconds)


def _refuse(request: HttpRequest, wait: int) -> None:
    if wait:
        raise ImmediateHttpResponse(too_many(request, wait_seconds=wait, back=request.path))
