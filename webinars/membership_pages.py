"""A person's own memberships, leaving them, and what an agency asks for before they count (spec 1)."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from webinars.console_gate import remember_way_back
from webinars.models import AgencyMember, ClientMember, User
from webinars.role_words import ALLOWS
from webinars.selectors.own_memberships import own_membership, own_memberships
from webinars.selectors.second_factor import agencies_waiting_for
from webinars.services.leaving import CannotLeave, leave
from webinars.services.memberships import tenant_of


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@never_cache
@login_required
@require_safe
def memberships(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    waiting = {agency.pk for agency in agencies_waiting_for(user)}
    context = {"memberships": [_shown(member, waiting) for member in own_memberships(user)]}
    return render(request, "webinars/memberships.html", context)


def _shown(member: AgencyMember | ClientMember, waiting: set[uuid.UUID]) -> dict[str, object]:
    in_agency = isinstance(member, AgencyMember)
    agency_id = member.agency_id if isinstance(member, AgencyMember) else member.client.agency_id
    tenant = tenant_of(member)
    return {
        "tenant": tenant,
        "in_agency": in_agency,
        "role": member.get_role_display(),
        "allows": ALLOWS.get(member.role, ""),
        "waits": agency_id in waiting,
        "leave_url": reverse("webinars:leave", args=["agency" if in_agency else "client", tenant.pk]),
    }


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave_tenant(request: HttpRequest, kind: str, tenant_id: uuid.UUID) -> HttpResponse:
    """GET asks. A membership of somebody else's, or none, does not exist."""
    member = own_membership(_user(request), kind, tenant_id)
    if member is None:
        raise Http404
    tenant = tenant_of(member)
    if request.method != "POST":
        return render(request, "webinars/leave.html", {"tenant": tenant, "in_agency": kind == "agency"})
    try:
        leave(membership=member, now=timezone.now())
    except CannotLeave as problem:
        messages.error(request, str(problem.message))
    else:
        messages.success(request, _("You have left %(tenant)s.") % {"tenant": tenant.name})
    return redirect("webinars:memberships")


@never_cache
@login_required
@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Says who asks for a second factor, and leads to setting it up; there is nothing here for anybody else."""
    waiting = agencies_waiting_for(_user(request))
    back = remember_way_back(request)
    if not waiting:
        return redirect(back)
    return render(request, "webinars/second_factor.html", {"agencies": waiting})
