"""Registration campaigns in the console (spec 12, 14)."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib import admin, messages
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import DateTimeField, IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from eventflow.public_url import absolute_url
from webinars.admin.base import ScopedAdmin, ScopedInline, TenantFilter
from webinars.admin.moment_field import MomentField
from webinars.admin.one_webinar import rendered
from webinars.models import Campaign, CampaignEntry, CampaignQuestion, ConsentText
from webinars.selectors.campaigns import CampaignState, campaign_state, is_full, webinars_of
from webinars.selectors.permissions import Verb, roles_for
from webinars.selectors.standing import Standing, standing_of

MOST_QUESTIONS = 20
MOST_CHOICES = 30
LONGEST_CHOICE = 100
# Beyond so many the list says "more than": it counts no campaign's entries to the end.
COUNTED = 10_000
STATES = {
    CampaignState.DRAFT: _("Draft"),
    CampaignState.NOT_OPEN: _("Not open yet"),
    CampaignState.OPEN: _("Open"),
    CampaignState.FULL: _("Full"),
    CampaignState.CLOSED: _("Closed"),
    CampaignState.OVER: _("Over"),
}


class CountUpTo(Subquery):
    """How many rows a subquery has, counted no further than it is sliced."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


class ChoicesField(forms.CharField):
    """The choices of a question as lines."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        ProhibitNullCharactersValidator()(value or "")
        lines = [" ".join(line.split()) for line in (value or "").splitlines()]
        return list(dict.fromkeys(filter(None, lines)))

    def validate(self, value: Any) -> None:
        if len(value) > MOST_CHOICES:
            raise forms.ValidationError(_("A question has %(n)s choices at most."), params={"n": MOST_CHOICES})
        if any(len(choice) > LONGEST_CHOICE for choice in value):
            raise forms.ValidationError(_("A choice has %(n)s letters at most."), params={"n": LONGEST_CHOICE})

    def run_validators(self, value: Any) -> None:
        """The model's own validators look at the list."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except forms.ValidationError:
            return True


class QuestionForm(forms.ModelForm):
    choices = ChoicesField(label=_("Choices"), required=False, help_text=_("One per line."))

    class Meta:
        model = CampaignQuestion
        fields = ["position", "label", "kind", "choices", "is_required"]

    def clean(self) -> dict[str, Any]:
        """As the database's constraint does, but said beside the choices."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        offered = cleaned.get("choices", [])
        chosen_from = cleaned.get("kind") in (CampaignQuestion.Kind.SINGLE, CampaignQuestion.Kind.MULTIPLE)
        fits = len(offered) >= 2 if chosen_from else not offered
        if not fits and "choices" not in self.errors:
            self.add_error("choices", _("Give at least two choices, one per line; texts have none."))
        return cleaned


class QuestionInline(ScopedInline):
    model = CampaignQuestion
    form = QuestionForm
    fields = ["position", "label", "kind", "choices", "is_required"]
    ordering = ["position", "label"]
    max_num = MOST_QUESTIONS
    validate_max = True
    see = "see_statistics"
    add = change = delete = "run"
    tab = False

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(campaign__in=campaigns_of(standing, verb))


def campaigns_of(standing: Standing, verb: Verb) -> QuerySet[Any]:
    if standing.user is None:
        return Campaign.objects.none()
    found: QuerySet[Any] = Campaign.objects.visible_to(standing.user, *roles_for(verb))
    return found


class CampaignForm(forms.ModelForm):
    class Meta:
        model = Campaign
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets are the list

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        opens, closes = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("Registration must close after it opens."))
        if cleaned.get("capacity") == 0:
            self.add_error("capacity", _("Give at least one place, or leave the field empty."))
        return cleaned


@admin.register(Campaign)
class CampaignAdmin(ScopedAdmin):
    see = "see_statistics"
    add = change = delete = "run"
    form = CampaignForm
    formfield_overrides = {DateTimeField: {"form_class": MomentField}}
    inlines = [QuestionInline]
    change_form_outer_before_template = "admin/webinars/campaign_head.html"
    list_display = ["title", "state_shown", "registered", "client", "opens_shown", "closes_shown"]
    list_filter = ["is_published", ("client", TenantFilter)]
    list_select_related = ["client"]
    search_fields = ["title", "slug"]
    ordering = ["-created_at"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "client", "description", "is_published"]}),
        (
            _("When"),
            {
                "description": _("All times are in the campaign's time zone."),
                "fields": ["time_zone", "opens_at", "closes_at", "capacity"],
            },
        ),
        (_("What is asked besides name and email address"), {"fields": ["phone"]}),
    ]

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(pk__in=campaigns_of(standing, verb)) if not standing.is_superuser else queryset

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        entries = CampaignEntry.objects.filter(campaign=OuterRef("pk")).order_by().values("pk")
        return super().get_queryset(request).annotate(entries_counted=CountUpTo(entries[: COUNTED + 1]))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A campaign stays with its client, as its entries do."""
        return ["client"] if obj is not None else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ["title"]} if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only while nobody entered and nothing hangs on it; afterwards it can be withdrawn from the public."""
        return super().has_delete_permission(request, obj) and (obj is None or not self._is_used(obj))

    def _is_used(self, campaign: Campaign) -> bool:
        entered = CampaignEntry.objects.filter(campaign=campaign).exists()
        return entered or campaign.webinars.exists() or ConsentText.objects.filter(campaign=campaign).exists()

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return reverse("webinars:campaign", args=[obj.slug]) if obj is not None else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if zones := form.base_fields.get("time_zone"):
            zones.widget.attrs.update({"list": "time-zones", "autocomplete": "off"})
        if description := form.base_fields.get("description"):
            description.widget.attrs["rows"] = 5
        return form

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if not change:
            obj.save()
        elif changed := [name for name in form.changed_data if name in {f.name for f in obj._meta.concrete_fields}]:
            obj.save(update_fields=[*changed, "updated_at"])
        if obj.is_published and not obj.webinars.exists():
            messages.info(
                request, gettext("No webinar belongs to this campaign yet. Choose it in a webinar's settings.")
            )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Times are read and shown in the zone that the form sets."""
        obj = self.get_object(request, object_id) if object_id else None
        context = {**(extra_context or {}), "time_zones": sorted(available_timezones())}
        if obj is not None:
            context |= self._facts(request, obj)
        with timezone.override(self._zone(request, obj)):
            return rendered(super().changeform_view(request, object_id, form_url, context))

    def _facts(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        visible = set(standing_of(request).webinars("see_statistics").filter(registration_campaign=campaign))
        entries = reverse("admin:webinars_campaignentry_changelist")
        sees = self.allowed(request, "see_personal", campaign)
        webinars = webinars_of(campaign)
        state = campaign_state(campaign, webinars=webinars, is_full=is_full(campaign), now=timezone.now())
        return {
            "campaign": campaign,
            "state_badge": state_badge(state),
            "campaign_webinars": [webinar for webinar in webinars if webinar in visible],
            "entries_count": CampaignEntry.objects.filter(campaign=campaign).count(),
            "entries_url": f"{entries}?campaign={campaign.pk}" if sees else None,
            "public_url": absolute_url(reverse("webinars:campaign", args=[campaign.slug]), request),
        }

    def _zone(self, request: HttpRequest, obj: Campaign | None) -> ZoneInfo:
        default = Campaign._meta.get_field("time_zone").default
        wanted = request.POST.get("time_zone") or (obj.time_zone if obj else default)
        return ZoneInfo(wanted) if wanted in available_timezones() else timezone.get_default_timezone()

    @admin.display(description=_("state"))
    def state_shown(self, obj: Campaign) -> str:
        """By its times alone: the page of one campaign also says whether it is full or over."""
        return state_badge(campaign_state(obj, webinars=(), is_full=False, now=timezone.now()))

    @admin.display(description=_("registered / places"))
    def registered(self, obj: Any) -> str:
        many = obj.entries_counted > COUNTED
        counted = gettext("over %(n)s") % {"n": f"{COUNTED:,}"} if many else f"{obj.entries_counted:,}"
        return format_html("{} / {}", counted, f"{obj.capacity:,}" if obj.capacity else "–")

    @admin.display(description=_("opens"), ordering="opens_at")
    def opens_shown(self, obj: Campaign) -> str:
        return in_its_zone(obj, obj.opens_at)

    @admin.display(description=_("closes"), ordering="closes_at")
    def closes_shown(self, obj: Campaign) -> str:
        return in_its_zone(obj, obj.closes_at)


def state_badge(state: CampaignState) -> str:
    return format_html('<span class="ef-state ef-campaign-{}">{}</span>', state.value, STATES[state])


def in_its_zone(campaign: Campaign, moment: Any) -> str:
    if moment is None:
        return "–"
    local = moment.astimezone(campaign.zone)
    return f"{date_format(local, 'SHORT_DATETIME_FORMAT')} ({local:%Z})"
