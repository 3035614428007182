"""Who gets in (spec 3): a webinar's list of allowed addresses in the console, and how it is changed."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from webinars.addresses.found import MOST_ADDRESSES, MOST_BYTES, CannotRead
from webinars.admin.allowed_email_forms import FileForm, PasteForm
from webinars.admin.base import acting_user
from webinars.admin.tabs import Page, Tab, add_page, add_tab, webinar_tabs
from webinars.models import Webinar
from webinars.selectors.allowed_emails import addresses, kept_imports, people_in_by_list, who_registered
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import standing_of
from webinars.services.allowed_emails import ListIsBusy, clear_list, import_addresses, remove_addresses
from webinars.services.audit import record_view

PER_PAGE = 50
LATEST = 5

# Who gets in where the list is not what decides.
OTHER_POLICIES = {
    "open": gettext_lazy("Everybody gets in, so this list is not used."),
    "auth": gettext_lazy("Everybody who signs in gets in, so this list is not used."),
    "name_email_auth": gettext_lazy("People register by the registration page, so this list is not used."),
}


def theirs(request: HttpRequest, object_id: uuid.UUID, verb: Verb) -> Webinar:
    """The webinar, for those whose role allows it there; for everybody else it does not exist."""
    found: Webinar | None = standing_of(request).webinars(verb).select_related("client").filter(pk=object_id).first()
    if found is None:
        raise Http404
    return found


def list_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id, "see_personal")
    return list_page(request, model_admin, webinar, {"paste": PasteForm(), "file": FileForm()})


def list_page(
    request: HttpRequest, model_admin: Any, webinar: Webinar, forms: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    now, wanted = timezone.now(), request.GET.get("q", "").strip()
    record_view("allowed_emails", actor_id=acting_user(request).pk, now=now, webinar=webinar)
    found = Paginator(addresses(webinar, containing=wanted), PER_PAGE).get_page(request.GET.get("page"))
    rows = list(found.object_list)
    registered = who_registered(webinar, [row.email for row in rows])
    context = {
        "forms": forms,
        "may_change": may_change(request, webinar),
        "not_used": OTHER_POLICIES.get(webinar.access_policy),
        "settings_url": reverse("admin:webinars_webinar_change", args=[webinar.pk]),
        "most": MOST_ADDRESSES,
        "most_megabytes": MOST_BYTES // 2**20,
        "q": wanted,
        "found": found,
        "rows": [{"email": row.email, "added": row.created_at, "registered": row.email in registered} for row in rows],
        "imports": [
            {"made": made, "url": url("allowed_import", webinar, made.pk)}
            for made in kept_imports(webinar, now=now)[:LATEST]
        ],
        "file_of_list_url": url("allowed_list", webinar),
        **{f"{name}_url": url(f"allowed_{name}", webinar) for name in ("paste", "file", "remove", "clear")},
    }
    return page(request, model_admin, webinar, "admin/webinars/allowed_emails.html", context, status=status)


@require_POST
def paste_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    return _add(request, model_admin, theirs(request, object_id, "run"), "paste", PasteForm(request.POST))


@require_POST
def file_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id, "run")
    return _add(request, model_admin, webinar, "file", FileForm(request.POST, request.FILES))


def _add(request: HttpRequest, model_admin: Any, webinar: Webinar, name: str, form: Any) -> HttpResponse:
    if form.is_valid():
        try:
            made = import_addresses(
                webinar=webinar,
                found=form.found(),
                source=form.source,
                actor_id=acting_user(request).pk,
                now=timezone.now(),
            )
        except (CannotRead, ListIsBusy) as problem:
            form.refuse(problem.message)
        else:
            return redirect(url("allowed_import", webinar, made.pk))
    forms = {"paste": PasteForm(), "file": FileForm(), name: form}
    return list_page(request, model_admin, webinar, forms, status=400)


@require_POST
def remove_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id, "run")
    chosen = [email for email in request.POST.getlist("email")[:PER_PAGE] if "\x00" not in email]
    if not chosen:
        messages.info(request, _("Choose the addresses first."))
        return redirect(url("allowed", webinar))
    try:
        count = remove_addresses(webinar=webinar, emails=chosen, actor_id=acting_user(request).pk, now=timezone.now())
    except ListIsBusy as busy:
        messages.error(request, str(busy.message))
    else:
        messages.success(request, taken_off(count))
    return redirect(url("allowed", webinar))


def clear_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id, "run")
    if request.method == "POST":
        try:
            count = clear_list(webinar=webinar, actor_id=acting_user(request).pk, now=timezone.now())
        except ListIsBusy as busy:
            messages.error(request, str(busy.message))
        else:
            messages.success(request, taken_off(count))
        return redirect(url("allowed", webinar))
    context = {
        "count": addresses(webinar).count(),
        "people": people_in_by_list(webinar),
        "is_used": webinar.access_policy not in OTHER_POLICIES,
        "back_url": url("allowed", webinar),
        "file_of_list_url": url("allowed_list", webinar),
    }
    return page(request, model_admin, webinar, "admin/webinars/allowed_emails_clear.html", context)


def taken_off(count: int) -> str:
    return ngettext(
        "%(count)s address was taken off the list. Whoever came in by it leaves within seconds.",
        "%(count)s addresses were taken off the list. Whoever came in by one leaves within seconds.",
        count,
    ) % {"count": f"{count:,}"}


def may_change(request: HttpRequest, webinar: Webinar) -> bool:
    return standing_of(request).may("run", agency_id=webinar.agency_id, client_id=webinar.client_id)


def url(name: str, webinar: Webinar, *more: Any) -> str:
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk, *more])


def page(
    request: HttpRequest,
    model_admin: Any,
    webinar: Webinar,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    everything = {
        **model_admin.admin_site.each_context(request),
        "title": webinar.title,
        "webinar": webinar,
        "webinar_tabs": webinar_tabs(request, webinar, current="allowed"),
        **context,
    }
    with timezone.override(webinar.zone):
        response = TemplateResponse(request, template, everything, status=status)
        return response.render()


add_tab(
    Tab(
        "allowed",
        gettext_lazy("Who gets in"),
        "see_personal",
        15,
        lambda webinar: url("allowed", webinar),
        "who-gets-in/",
        list_view,
    )
)
add_page(Page("allowed_paste", "who-gets-in/paste/", paste_view))
add_page(Page("allowed_file", "who-gets-in/file/", file_view))
add_page(Page("allowed_remove", "who-gets-in/remove/", remove_view))
add_page(Page("allowed_clear", "who-gets-in/clear/", clear_view))
