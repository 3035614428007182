"""A webinar's live tab: how many are here, how it went so far, and the steps that can be taken now (spec 14)."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from stats.selectors.attendance import sealed_now
from stats.selectors.live_tab import live_tab
from webinars.admin.base import acting_user
from webinars.admin.tabs import Tab, add_tab, webinar_tabs
from webinars.admin.webinar_steps import steps_for
from webinars.models import Webinar
from webinars.selectors.console_room import console_room
from webinars.selectors.room import socket_url
from webinars.selectors.standing import standing_of
from webinars.services.audit import record_view
from webinars.services.managers import manager_of


def live_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = standing_of(request).webinars("see_statistics").select_related("client").filter(pk=object_id).first()
    if webinar is None:
        raise Http404
    now = timezone.now()
    manager = manager_of(webinar=webinar, user=acting_user(request), now=now)
    if manager.live_pass.may("see_personal"):
        record_view("live", actor_id=acting_user(request).pk, now=now, webinar=webinar)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": webinar.title,
        "webinar": webinar,
        "webinar_tabs": webinar_tabs(request, webinar, current="live"),
        "steps": steps_for(request, webinar, now),
        "now": now,
        # Nothing is sealed before it has ended.
        "seal": sealed_now(webinar) if webinar.state == Webinar.State.ENDED else None,
        **live_tab(manager=manager, now=now),
        **console_room(
            webinar=manager.webinar,
            person=manager.person,
            access=manager.access,
            token=manager.issued.token,
            token_expires_at=manager.issued.expires_at,
            socket_url=socket_url(webinar, host=request.get_host(), secure=request.is_secure()),
            now=now,
        ),
    }
    with timezone.override(webinar.zone):
        response = TemplateResponse(request, "admin/stats/live_tab.html", context)
        return response.render()


add_tab(
    Tab(
        "live",
        pgettext_lazy("tab", "Live"),
        "see_statistics",
        10,
        lambda webinar: reverse("admin:webinars_webinar_live", args=[webinar.pk]),
        path="live/",
        view=live_view,
    )
)
