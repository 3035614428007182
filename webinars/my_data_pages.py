"""What is kept about the signed-in person, in numbers and as one file (docs/privacy.md)."""

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from eventflow.rate_limit import wait_seconds
from webinars.models import User
from webinars.refusals import too_many
from webinars.selectors.personal_data import parts
from webinars.services.personal_export import NothingLeft, export_person

FILES_AN_HOUR = 10


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@never_cache
@require_safe
@login_required
def my_data(request: HttpRequest) -> HttpResponse:
    user = _person(request)
    counted = [(part.title, part.count(user)) for part in parts.values()]
    return render(request, "webinars/my_data.html", {"kept": [(title, count) for title, count in counted if count]})


@never_cache
@require_POST
@login_required
@reauthentication_required
def download(request: HttpRequest) -> HttpResponseBase:
    """Whoever finds a browser open is asked for the password or second factor first, where there is one. Each file is
    work, and an entry in the audit log for good."""
    person, now = _person(request), timezone.now()
    if wait := wait_seconds(f"my-data:{person.pk}", limit=FILES_AN_HOUR, seconds=3600):
        return too_many(request, wait_seconds=wait, back=reverse("webinars:my_data"))
    try:
        pieces = export_person(person, actor_id=person.pk, now=now)
    except NothingLeft as gone:
        raise Http404 from gone
    response = StreamingHttpResponse((piece.encode() for piece in pieces), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="eventflow-my-data-{now:%Y-%m-%d}.json"'
    return response
