"""Who entered a registration campaign, in the console (spec 12, 14)."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from webinars.admin.base import ScopedAdmin, acting_user
from webinars.admin.campaigns import campaigns_of
from webinars.admin.one_webinar import OFFERED, rendered
from webinars.admin.person_words import email_of
from webinars.models import Campaign, CampaignEntry, ConsentGiven
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import Standing, standing_of
from webinars.services.audit import record_view
from webinars.services.campaign_entries import remove_entry

# More at once would keep the request too long; each is an act of its own.
AT_ONCE = 100
NAMED = 10


class CampaignFilter(SimpleListFilter):
    """Whose entries the list shows: those of the chosen campaign, else of the newest one."""

    title = _("registration campaign")
    parameter_name = "campaign"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.campaign = campaign_of_list(request)
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = list(campaigns_of(standing_of(request), "see_personal").order_by("-created_at")[:OFFERED])
        if self.campaign is not None and self.campaign not in found:
            found.insert(0, self.campaign)
        return [(str(campaign.pk), campaign.title) for campaign in found]

    def has_output(self) -> bool:
        return True

    def value(self) -> str | None:
        return str(self.campaign.pk) if self.campaign is not None else None

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Without "all": one campaign at a time."""
        return (choice for index, choice in enumerate(super().choices(changelist)) if index > 0)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(campaign=self.campaign) if self.campaign is not None else queryset.none()


def campaign_of_list(request: HttpRequest) -> Campaign | None:
    """The campaign that `?campaign=` (UUID or slug) names, 404 when its entries are not theirs to see."""
    known: tuple[Any, Campaign | None] | None = getattr(request, "_campaign_of_list", None)
    wanted = request.GET.get("campaign")
    if known is not None and known[0] == wanted:
        return known[1]
    theirs = campaigns_of(standing_of(request), "see_personal").select_related("client")
    if wanted:
        found = theirs.by_ref(wanted).first()  # type: ignore[attr-defined]
        if found is None:
            raise Http404
    else:
        found = theirs.order_by("-created_at").first()
    request._campaign_of_list = (wanted, found)  # type: ignore[attr-defined]
    return found


@admin.register(CampaignEntry)
class CampaignEntryAdmin(ScopedAdmin):
    """People enter by themselves; here they are looked up and, if need be, removed."""

    see = "see_personal"
    values_on_record = False
    list_before_template = "admin/webinars/entries_head.html"
    list_display = ["shown_name", "shown_email", "phone", "source", "entered_at", "proven"]
    list_filter = [CampaignFilter, ("proven_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "email", "phone"]
    ordering = ["-entered_at"]
    actions = ["remove"]
    fields = [
        "campaign",
        "shown_name",
        "shown_email",
        "phone",
        "answers_shown",
        "consents_shown",
        "source",
        "entered_at",
        "proven_at",
        "updated_at",
    ]
    readonly_fields = fields

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset if standing.is_superuser else queryset.filter(campaign__in=campaigns_of(standing, verb))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        campaign = campaign_of_list(request)
        if campaign is None or not self.allowed(request, "run", campaign):
            actions.pop("remove", None)
        return actions

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        campaign = campaign_of_list(request) if self.has_view_permission(request) else None
        context = {**(extra_context or {}), "campaign": campaign}
        if campaign is None:
            return super().changelist_view(request, context)
        self._on_record(request, campaign)
        with timezone.override(campaign.zone):
            return rendered(super().changelist_view(request, context))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        entry = self.get_object(request, object_id) if object_id else None
        if entry is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        self._on_record(request, entry.campaign)
        with timezone.override(entry.campaign.zone):
            return rendered(super().changeform_view(request, object_id, form_url, extra_context))

    def _on_record(self, request: HttpRequest, campaign: Campaign) -> None:
        record_view(
            "campaign_entries",
            actor_id=acting_user(request).pk,
            now=timezone.now(),
            agency_id=campaign.agency_id,
            client_id=campaign.client_id,
            subject_type="campaign",
            subject_id=campaign.pk,
        )

    @admin.action(description=_("Remove entries"))
    def remove(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Asks first, then removes."""
        campaign = campaign_of_list(request)
        if campaign is None or not self.allowed(request, "run", campaign):
            raise Http404
        entries = list(queryset.select_related("user", "campaign__client")[: AT_ONCE + 1])
        if len(entries) > AT_ONCE:
            sentence = ngettext("Choose %(n)d row at most.", "Choose %(n)d rows at most.", AT_ONCE) % {"n": AT_ONCE}
            messages.error(request, sentence)
            return None
        if not entries:
            messages.info(request, gettext("None of the chosen rows is in this list any more. Nothing was changed."))
            return None
        if "confirmed" not in request.POST:
            return self._ask(request, campaign, entries)
        now, manager = timezone.now(), acting_user(request)
        ended = sum(remove_entry(entry=entry, manager=manager, now=now) for entry in entries)
        removed = ngettext("%(n)d entry was removed.", "%(n)d entries were removed.", len(entries))
        seats = ngettext("%(n)d registration ended with it.", "%(n)d registrations ended with it.", ended)
        messages.success(request, f"{removed % {'n': len(entries)}} {seats % {'n': ended}}")
        return None

    def _ask(self, request: HttpRequest, campaign: Campaign, entries: list[CampaignEntry]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Remove entries"),
            "campaign": campaign,
            "question": ngettext("Remove this entry?", "Remove these %(n)d entries?", len(entries))
            % {"n": len(entries)},
            "named": [f"{entry.name} ({self.shown_email(entry)})" for entry in entries[:NAMED]],
            "more": max(0, len(entries) - NAMED),
            "chosen": [entry.pk for entry in entries],
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/webinars/remove_entries.html", context)

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, obj: CampaignEntry) -> str:
        return obj.name or "–"

    @admin.display(description=_("email address"), ordering="email")
    def shown_email(self, obj: CampaignEntry) -> str:
        """Of somebody who was erased, none."""
        return "–" if email_of(obj.user) == "–" else obj.email

    @admin.display(description=_("proven"), boolean=True)
    def proven(self, obj: CampaignEntry) -> bool:
        return obj.proven_at is not None

    @admin.display(description=_("answers"))
    def answers_shown(self, obj: CampaignEntry) -> str:
        answers = [
            (said["label"], ", ".join(said["answer"]) if isinstance(said["answer"], list) else said["answer"])
            for said in obj.answers
        ]
        return render_to_string("admin/webinars/entry_answers.html", {"answers": answers})

    @admin.display(description=_("agreed to"))
    def consents_shown(self, obj: CampaignEntry) -> str:
        """The last answer to each version."""
        given = ConsentGiven.objects.filter(campaign=obj.campaign_id, user=obj.user_id).select_related("version__text")
        newest = {said.version_id: said for said in given.order_by("pk")}
        return render_to_string("admin/webinars/entry_consents.html", {"consents": list(newest.values())})
