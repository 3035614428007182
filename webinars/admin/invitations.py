"""Invitations in the console (spec 13): for whoever manages the members of where they lead."""

import math
import uuid
from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from eventflow.public_url import absolute_url
from webinars.admin.base import ScopedAdmin, TenantFilter, acting_user
from webinars.admin.invite_form import AT_ONCE, TWICE, InviteForm, wanted_place
from webinars.admin.invite_url import invite_url
from webinars.admin.person_words import name_or_email
from webinars.invitation_links import token_of
from webinars.models import Invitation
from webinars.role_words import ALLOWS
from webinars.selectors.invitations import InvitationState, in_state, may_give_in, state_of
from webinars.selectors.permissions import Verb, roles_for
from webinars.selectors.standing import Standing, standing_of
from webinars.services.invitations import CannotCount, Invited, Outcome, invite, resend, revoke

RETRY_AFTER_SECONDS = 60
CANNOT_COUNT = gettext_lazy("Invitations cannot be sent for the moment. Please try again in a minute.")
WORDS = {
    Outcome.SENT: gettext_lazy("Sent."),
    Outcome.SENT_AGAIN: gettext_lazy("Was invited already; sent again."),
    Outcome.NOT_MAILED: gettext_lazy("Kept, but the mail could not be sent. Send it again from the list."),
    Outcome.MEMBER: gettext_lazy("Is a member already, in this role or a higher one."),
    Outcome.OWNERS_ONLY: gettext_lazy("Is invited as an owner. Only owners can change that."),
    Outcome.CLOSED: gettext_lazy("Was accepted or taken back. Invite the address anew."),
}
SENT = (Outcome.SENT, Outcome.SENT_AGAIN)


def words_of(invited: Invited) -> str:
    if invited.outcome is Outcome.LIMITED:
        minutes = math.ceil(invited.wait_seconds / 60)
        sentence = ngettext(
            "Not sent: there were too many in an hour. Try again in %(n)d minute.",
            "Not sent: there were too many in an hour. Try again in %(n)d minutes.",
            minutes,
        )
        return sentence % {"n": minutes}
    return str(WORDS[invited.outcome])


class StateFilter(SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, state.label) for state in InvitationState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (wanted := self.value()):
            return queryset
        try:
            state = InvitationState(wanted)
        except ValueError:
            raise Http404 from None
        return in_state(queryset, state, now=timezone.now())


@admin.register(Invitation)
class InvitationAdmin(ScopedAdmin):
    see = "manage_members"
    viewed = "invitations"
    add = "manage_members"
    list_before_template = "admin/webinars/invitation_list_head.html"
    list_display = ["email", "place", "role", "state", "inviter", "created_at", "expires_at"]
    list_filter = [StateFilter, "role", ("agency", TenantFilter), ("client", TenantFilter)]
    list_select_related = ["agency", "client", "invited_by"]
    search_fields = ["email"]
    ordering = ["-created_at"]
    actions = ["send_again", "take_back"]
    fields = [
        "email",
        "place",
        "role",
        "state",
        "inviter",
        "created_at",
        "expires_at",
        "accepted_at",
        "accepter",
        "revoked_at",
    ]
    readonly_fields = fields

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        theirs: Any = queryset
        found: QuerySet[Any] = theirs.visible_to(standing.user, *roles_for(verb))
        return found

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"invite_url": invite_url(), **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        standing = standing_of(request)
        if request.method == "POST":
            form = InviteForm(request.POST, standing=standing)
            if form.is_valid():
                return self._invite(request, form)
            return self._page(request, form)
        try:
            place = wanted_place(standing, agency=request.GET.get("agency", ""), client=request.GET.get("client", ""))
        except LookupError:
            raise Http404 from None
        return self._page(request, InviteForm(initial={"place": place}, standing=standing))

    def _invite(self, request: HttpRequest, form: InviteForm) -> HttpResponse:
        try:
            invited = invite(
                tenant=form.tenant,
                emails=form.cleaned_data["emails"],
                role=form.cleaned_data["role"],
                inviter=acting_user(request),
                language=form.cleaned_data["language"],
                link_of=link_of(request),
                now=timezone.now(),
            )
        except CannotCount:
            form.add_error(None, CANNOT_COUNT)
            return self._page(request, form, status=503, retry_after=RETRY_AFTER_SECONDS)
        done = [one for one in invited if one.outcome in SENT]
        if done:
            say_sent(request, len(done))
        if len(done) == len(invited) and not form.rejected:
            return redirect("admin:webinars_invitation_changelist")
        limited = [one for one in invited if one.outcome is Outcome.LIMITED]
        left = [*(one.email for one in limited), *(each.text for each in form.rejected if each.reason is not TWICE)]
        again = InviteForm(initial={**form.cleaned_data, "emails": "\n".join(left)}, standing=form.standing)
        report = [(one.email, words_of(one), one.outcome in SENT) for one in invited]
        report += [(each.text, _("Line %(line)d: %(why)s") % {"line": each.line, "why": each.reason}, False)
                   for each in form.rejected]  # fmt: skip
        if len(limited) < len(invited):
            return self._page(request, again, report=report)
        wait = max(one.wait_seconds for one in limited)
        return self._page(request, again, report=report, status=429, retry_after=wait)

    def _page(
        self, request: HttpRequest, form: InviteForm, *, report: Any = (), status: int = 200, retry_after: int = 0
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Invite people"),
            "form": form,
            "report": report,
            "roles": [(role, label, ALLOWS[role]) for role, label in form.fields["role"].choices if role],  # type: ignore[attr-defined]
            "list_url": reverse("admin:webinars_invitation_changelist"),
        }
        headers = {"Retry-After": str(retry_after)} if retry_after else None
        return TemplateResponse(request, "admin/webinars/invite.html", context, status=status, headers=headers)

    @admin.action(description=gettext_lazy("Send again"))
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        if (chosen := self._chosen(request, queryset)) is None:
            return
        done = 0
        for invitation in chosen:
            try:
                found = resend(
                    invitation=invitation,
                    inviter=acting_user(request),
                    language=translation.get_language(),
                    link_of=link_of(request),
                    now=timezone.now(),
                )
            except CannotCount:
                messages.error(request, str(CANNOT_COUNT))
                break
            done += found.outcome in SENT
            if found.outcome not in SENT:
                messages.error(request, f"{found.email}: {words_of(found)}")
            if found.outcome is Outcome.NOT_MAILED:  # the next would wait for the same server
                break
        if done:
            say_sent(request, done)

    @admin.action(description=gettext_lazy("Take back"))
    def take_back(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if (chosen := self._chosen(request, queryset)) is None:
            return None
        now = timezone.now()
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Take back"),
                "chosen": chosen,
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "admin/webinars/invitation_take_back.html", context)
        done = Counter(revoke(invitation=one, actor=acting_user(request), now=now) for one in chosen)
        if n := done[True]:
            sentence = ngettext("%(n)d invitation was taken back.", "%(n)d invitations were taken back.", n)
            messages.success(request, sentence % {"n": n})
        if done[False]:
            messages.info(request, _("What was accepted or taken back before has not changed."))
        return None

    def _chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Invitation] | None:
        """None when the whole choice is refused, in words."""
        chosen = list(queryset.select_related("agency", "client__agency", "invited_by")[: AT_ONCE + 1])
        if len(chosen) > AT_ONCE:
            messages.error(request, _("Choose at most %(n)d rows.") % {"n": AT_ONCE})
            return None
        standing = standing_of(request)
        if not all(may_give_in(standing, one.role, one.tenant) for one in chosen):
            messages.error(request, _("Only owners send or take back an invitation of an owner. Nothing was changed."))
            return None
        return chosen

    @admin.display(description=gettext_lazy("where"))
    def place(self, obj: Invitation) -> str:
        return obj.tenant.name

    @admin.display(description=gettext_lazy("state"))
    def state(self, obj: Invitation) -> str:
        return state_of(obj, now=timezone.now()).label

    @admin.display(description=gettext_lazy("invited by"), ordering="invited_by__display_name")
    def inviter(self, obj: Invitation) -> str:
        return name_or_email(obj.invited_by) if obj.invited_by else "–"

    @admin.display(description=gettext_lazy("accepted by"))
    def accepter(self, obj: Invitation) -> str:
        return name_or_email(obj.accepted_by) if obj.accepted_by else "–"


def link_of(request: HttpRequest) -> Any:
    def link(invitation_id: uuid.UUID) -> str:
        return absolute_url(reverse("webinars:open-invitation", args=[token_of(invitation_id)]), request)

    return link


def say_sent(request: HttpRequest, n: int) -> None:
    sentence = ngettext("%(n)d invitation is on its way.", "%(n)d invitations are on their way.", n)
    messages.success(request, sentence % {"n": n})
