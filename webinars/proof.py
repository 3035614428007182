"""Proving an address by an emailed code (spec 3): django-allauth's signing in by code, begun with an address that
somebody typed on a page of ours."""

from urllib.parse import quote

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from eventflow import redis
from webinars.models import folded_email
from webinars.refusals import codes_unavailable
from webinars.services.people import person_by_address


def start_proof(request: HttpRequest, *, email: str, then: str, back: str = "/") -> HttpResponse:
    """Send a code to the address and show the page that asks for it; afterwards the browser is signed in and goes to
    the local path `then`. The same for every address, known or not, so that nothing can be learnt from it.

    Sending counts (`sign_in_limits`): 429 when too many codes were asked for, 503 when they cannot be counted or sent,
    both as pages. Nobody gets an account made while codes cannot be sent.
    """
    if not redis.answers():
        return codes_unavailable(request, back=back)
    address = folded_email(email)
    person = person_by_address(address, now=timezone.now())
    try:
        LoginCodeVerificationProcess.initiate(request=request, user=person, email=address)
    except ImmediateHttpResponse as refused:
        answer: HttpResponse = refused.response
        return answer
    return redirect(f"{reverse('account_confirm_login_code')}?next={quote(local_path(then))}")


def local_path(url: str) -> str:
    """`url` when it leads to a page of this site, else the home page."""
    is_path = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_path else "/"
