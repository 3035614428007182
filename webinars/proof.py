"""Proving an address by an emailed code (spec 3): django-allauth's signing in by code, begun with an address that
somebody typed on a page of ours."""

import logging
from smtplib import SMTPException
from urllib.parse import quote

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from eventflow import redis
from eventflow.rate_limit import wait_seconds
from webinars.models import User, folded_email
from webinars.refusals import codes_unavailable, too_many
from webinars.services.people import person_by_address

logger = logging.getLogger(__name__)

# Beside allauth's own limits of codes (settings): so many for one address in an hour, whoever asks for them.
CODES_PER_ADDRESS = 12
CODES_SECONDS = 3600
WAIT_A_MINUTE = 60


def start_proof(request: HttpRequest, *, email: str, then: str, back: str = "/") -> HttpResponse:
    """Send a code to the address and show the page that asks for it; afterwards the browser is signed in and goes to
    the local path `then`. The same for every address, known or not, so that nothing can be learnt from it.

    429 when too many were asked for and 503 when codes cannot be counted or sent, both as pages with a way `back`.
    """
    address = folded_email(email)
    if not redis.answers():
        return codes_unavailable(request, back=back)
    wait = wait_seconds(f"codes:{address}", limit=CODES_PER_ADDRESS, seconds=CODES_SECONDS)
    if not wait and not ratelimit.consume(request, action="request_login_code", key=address):
        wait = WAIT_A_MINUTE
    if wait:
        return too_many(request, wait_seconds=wait, back=back)
    person = person_by_address(address, now=timezone.now())
    _can_be_verified(person, address)
    try:
        LoginCodeVerificationProcess.initiate(request=request, user=person, email=address)
    except (SMTPException, OSError) as error:
        logger.error("a code could not be sent (%s)", type(error).__name__)
        return codes_unavailable(request, back=back)
    return redirect(f"{reverse('account_confirm_login_code')}?next={quote(local_path(then))}")


def local_path(url: str) -> str:
    """`url` when it leads to a page of this site, else the home page."""
    is_path = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_path else "/"


def _can_be_verified(person: User, address: str) -> None:
    """The row that the code will mark as proven; accounts that were made in the console or moved here have none."""
    if EmailAddress.objects.filter(user=person, email=address).exists():
        return
    with transaction.atomic():
        EmailAddress.objects.get_or_create(
            user=person,
            email=address,
            defaults={"primary": not EmailAddress.objects.filter(user=person, primary=True).exists()},
        )
