"""Consent texts in the console (spec 12, 14): policies of a client, for whoever manages its members."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from webinars.admin.base import ScopedAdmin, TenantFilter, acting_user
from webinars.models import Campaign, ConsentText, ConsentVersion
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import Standing
from webinars.services.consents import publish_consent

LONGEST_BODY = 20_000
OF_VERSION = ("label", "body", "is_required")


class ConsentTextForm(forms.ModelForm):
    """What the text says now; what it said before is in its versions."""

    label = forms.CharField(
        label=_("Beside the box"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence that people agree to, such as “I agree that my name and address are used for …”."),
    )
    body = forms.CharField(
        label=_("Full text"),
        required=False,
        max_length=LONGEST_BODY,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text=_("People open it beside the box."),
    )
    is_required = forms.BooleanField(
        label=_("Required"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Nobody is registered without it."),
    )

    class Meta:
        model = ConsentText
        fields = ["name", "client", "campaign", "is_asked"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = self._newest()
        if newest is not None:
            self.initial.update({name: getattr(newest, name) for name in OF_VERSION})

    def _newest(self) -> ConsentVersion | None:
        if self.instance._state.adding:
            return None
        return ConsentVersion.objects.filter(text=self.instance).order_by("-number").first()

    def clean_body(self) -> str:
        """With one kind of line break, so that a text which was not touched is no new version."""
        return self.cleaned_data["body"].replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        campaign: Campaign | None = cleaned.get("campaign")
        client = cleaned.get("client") or (self.instance.client if self.instance.client_id else None)
        if campaign is not None and client is not None and campaign.client_id != client.pk:
            self.add_error("campaign", _("Choose a campaign of the same client."))
        return cleaned


@admin.register(ConsentText)
class ConsentTextAdmin(ScopedAdmin):
    see = add = change = "manage_members"
    form = ConsentTextForm
    list_display = ["name", "asked_where", "client", "is_asked", "version_number", "changed_at"]
    list_filter = ["is_asked", ("client", TenantFilter)]
    list_select_related = ["client", "campaign"]
    search_fields = ["name"]
    ordering = ["name"]
    recorded_elsewhere = frozenset(OF_VERSION)

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset if standing.is_superuser else queryset.filter(client__in=standing.clients(verb))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = {"newest_number": Max("versions__number"), "newest_at": Max("versions__created_at")}
        return super().get_queryset(request).annotate(**newest)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whom a text is for stays: its versions were agreed to there."""
        return ["client", "campaign", "versions_shown"] if obj is not None else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        said = {
            "description": _("When you change this, it becomes a new version. People are asked it from then on."),
            "fields": [*OF_VERSION],
        }
        parts = [(None, {"fields": ["name", "client", "campaign", "is_asked"]}), (_("What it says"), said)]
        if obj is not None:
            parts.append((_("Versions"), {"fields": ["versions_shown"]}))
        return parts

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if campaigns := form.base_fields.get("campaign"):
            campaigns.empty_label = gettext("All registrations of the client")
            campaigns.queryset = campaigns.queryset.order_by("-created_at")
        for name in ("client", "campaign"):
            if name in form.base_fields:
                for right in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                    setattr(form.base_fields[name].widget, right, False)
        return form

    def save_model(self, request: HttpRequest, obj: ConsentText, form: Any, change: bool) -> None:
        obj.save()
        said = {name: form.cleaned_data[name] for name in OF_VERSION}
        version = publish_consent(text=obj, **said, actor_id=acting_user(request).pk, now=timezone.now())
        if version is not None and change:
            sentence = gettext("This is version %(number)s now. Whoever registers from now on agrees to it.")
            messages.info(request, sentence % {"number": version.number})

    @admin.display(description=_("asked"))
    def asked_where(self, obj: ConsentText) -> str:
        return obj.campaign.title if obj.campaign is not None else gettext("in all registrations")

    @admin.display(description=_("version"))
    def version_number(self, obj: Any) -> int | str:
        return obj.newest_number or "–"

    @admin.display(description=_("since"))
    def changed_at(self, obj: Any) -> Any:
        return obj.newest_at

    @admin.display(description="")
    def versions_shown(self, obj: ConsentText) -> str:
        counts = {
            "agreed": Count("answers", filter=Q(answers__is_given=True)),
            "refused": Count("answers", filter=Q(answers__is_given=False)),
        }
        versions = ConsentVersion.objects.filter(text=obj).annotate(**counts).order_by("-number")
        return render_to_string("admin/webinars/consent_versions.html", {"versions": versions})
