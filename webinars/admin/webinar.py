"""A webinar in the console: its list, its settings, and the steps of its life."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib import admin, messages
from django.db.models import DateTimeField, ImageField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from webinars.admin.base import ScopedAdmin, ScopedChangeList, TenantFilter, acting_user
from webinars.admin.campaign_choice import after_campaign_change, limit_campaigns
from webinars.admin.moment_field import MomentField
from webinars.admin.tabs import all_pages, front_url, webinar_tabs
from webinars.admin.webinar_form import POLICIES, TIMES, WAITING, WebinarForm, lines_of, notices_for
from webinars.admin.webinar_steps import STEPS, step_view
from webinars.cover_files import forget_cover
from webinars.cover_image import CoverField
from webinars.models import Webinar
from webinars.selectors.permissions import Verb, roles_for
from webinars.selectors.standing import Standing, standing_of
from webinars.services.room_settings import FIELDS, record_change
from webinars.services.webinar_life import announce

WHO_GETS_IN = _("Who gets in")
# What open pages follow (`room_facts`).
FACTS = {"state", *TIMES, "chat_enabled", "chat_slow_seconds", "questions_enabled", "questions_moderated"}


class WebinarChangeList(ScopedChangeList):
    def url_for_result(self, result: Webinar) -> str:
        return front_url(result)


@admin.register(Webinar)
class WebinarAdmin(ScopedAdmin):
    see = "see_statistics"
    add = "run"
    change = "run"
    delete = "run"
    form = WebinarForm
    recorded_elsewhere = frozenset(FIELDS.values())
    formfield_overrides = {DateTimeField: {"form_class": MomentField}, ImageField: {"form_class": CoverField}}
    change_form_outer_before_template = "admin/webinars/settings_head.html"
    list_display = ["title", "state_shown", "starts", "client", "access_policy"]
    list_filter = ["state", ("client", TenantFilter), "access_policy"]
    list_select_related = ["client"]
    search_fields = ["title", "slug"]
    ordering = ["-webinar_start_time"]
    fieldsets = [
        (
            None,
            {"fields": ["title", "slug", "client", "description", "takeaways", "speakers", "cover_image", "version"]},
        ),
        (
            _("When"),
            {
                "description": _("All times are in the webinar's time zone."),
                "fields": [
                    "time_zone",
                    "webinar_start_time",
                    "webinar_scheduled_end_time",
                    "webinar_actual_end_time",
                    "post_window_minutes",
                    "state",
                ],
            },
        ),
        (WHO_GETS_IN, {"fields": ["access_policy", "registration_campaign", "verify_email", "language"]}),
        (_("Player"), {"fields": ["player", "player_url", "replay_url"]}),
        (
            _("In the room"),
            {
                "fields": [
                    "chat_enabled",
                    "chat_slow_seconds",
                    "blocked_words",
                    "questions_enabled",
                    "questions_moderated",
                    "reactions_enabled",
                    "participant_list_enabled",
                    "duplicate_login_policy",
                ]
            },
        ),
        (_("Counting"), {"fields": ["bucket_seconds", "interval_overrides"]}),
    ]

    def rows(self, queryset: Any, standing: Standing, verb: Verb) -> Any:
        return queryset.visible_to(standing.user, *roles_for(verb)) if standing.user else queryset.none()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WebinarChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees speakers as people read them."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            if self._sets_policies(request, obj):
                return fieldsets
            said = {"description": _("Owners and admins choose the policy and whether addresses are confirmed.")}
            return [(title, options | said if title is WHO_GETS_IN else options) for title, options in fieldsets]
        shown = {
            "speakers": "speakers_shown",
            "version": None,
            "interval_overrides": None,
            "blocked_words": "blocked_words_shown",
        }
        return [
            (title, {**options, "fields": list(filter(None, [shown.get(name, name) for name in options["fields"]]))})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A webinar stays with its client, and its state follows the steps of its life. Policies are for who manages
        the client's members."""
        fixed = [] if self._sets_policies(request, obj) else [*POLICIES]
        if obj is None:
            return [*fixed, "webinar_actual_end_time"]
        fixed += ["client", "speakers_shown", "blocked_words_shown"]
        if obj.state not in WAITING:
            fixed.append("state")
        if obj.state != Webinar.State.ENDED:
            fixed.append("webinar_actual_end_time")
        return fixed

    def _sets_policies(self, request: HttpRequest, obj: Webinar | None) -> bool:
        """Of a new webinar: in one of the clients that it may be for; the form asks which."""
        return self.allowed(request, "manage_members", obj)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {"slug": ["title"]} if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what never was public; everything else is evidence."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.state == Webinar.State.DRAFT)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return reverse("webinars:landing", args=[obj.slug]) if obj is not None else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        zones = form.base_fields.get("time_zone")
        if zones is not None:
            zones.widget.attrs.update({"list": "time-zones", "autocomplete": "off"})
        limit_campaigns(form.base_fields, obj)
        form.sets_policies_in = standing_of(request).clients("manage_members")
        for name in ("description", "takeaways", "interval_overrides"):
            if name in form.base_fields:
                form.base_fields[name].widget.attrs["rows"] = 4
        return form

    def save_model(self, request: HttpRequest, obj: Webinar, form: Any, change: bool) -> None:
        """Writes what the form changed and nothing else: the hot path and the live tab write the same row. Open pages
        follow its state and times, and who entered its campaign is registered."""
        if not change:
            obj.save()
        else:
            self._save_changes(obj, form)
            record_change(obj, before=form.initial, actor_id=acting_user(request).pk, now=timezone.now())
        for remark in form.remarks(obj, now=timezone.now()):
            messages.warning(request, remark)
        for remark in after_campaign_change(obj, form.changed_data, now=timezone.now()):
            messages.warning(request, remark)

    def _save_changes(self, obj: Webinar, form: Any) -> None:
        names = {field.name for field in Webinar._meta.concrete_fields}
        changed = [name for name in form.changed_data if name in names]
        if changed:
            obj.save(update_fields=[*changed, "updated_at"])
        if "cover_image" in changed:
            forget_cover(form.initial["cover_image"].name)
        if FACTS.intersection(changed):
            announce(obj)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Times are read and shown in the webinar's zone: until it begins, in the one that the form sets; from then on
        in the one that it had, so that a corrected zone moves no moment that counts."""
        obj = self.get_object(request, object_id) if object_id else None
        context = {**(extra_context or {}), "time_zones": sorted(available_timezones())}
        if obj is not None:
            context |= {"webinar": obj, "webinar_tabs": webinar_tabs(request, obj, current="settings")}
            context |= {"notices": notices_for(obj)}
        with timezone.override(self._zone(request, obj)):
            response = super().changeform_view(request, object_id, form_url, context)
            if hasattr(response, "render"):
                response.render()
        return response

    def _zone(self, request: HttpRequest, obj: Webinar | None) -> ZoneInfo:
        if obj is not None and not obj.is_waiting(timezone.now()):
            return obj.zone
        wanted = request.POST.get("time_zone") or (
            obj.time_zone if obj else Webinar._meta.get_field("time_zone").default
        )
        return ZoneInfo(wanted) if wanted in available_timezones() else timezone.get_default_timezone()

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any) -> Any:
            def below_a_webinar(request: HttpRequest, object_id: str, **captured: Any) -> Any:
                return view(request, self, object_id, **captured)

            return self.admin_site.admin_view(below_a_webinar)

        steps = [
            path(f"<uuid:object_id>/{name}/", page(step_view(step)), name=f"webinars_webinar_{name}")
            for name, step in STEPS.items()
        ]
        pages = [
            path(f"<uuid:object_id>/{found.path}", page(found.view), name=f"webinars_webinar_{found.name}")
            for found in all_pages()
        ]
        return [*steps, *pages, *super().get_urls()]

    @admin.display(description=_("state"), ordering="state")
    def state_shown(self, obj: Webinar) -> str:
        return render_to_string("admin/webinars/state.html", {"webinar": obj})

    @admin.display(description=_("speakers"))
    def speakers_shown(self, obj: Webinar) -> str:
        return "\n".join(lines_of(obj.speakers)) or "–"

    @admin.display(description=_("blocked words"))
    def blocked_words_shown(self, obj: Webinar) -> str:
        return "\n".join(obj.blocked_words) or "–"

    @admin.display(description=_("starts"), ordering="webinar_start_time")
    def starts(self, obj: Webinar) -> str:
        local = obj.webinar_start_time.astimezone(obj.zone)
        return f"{formats.date_format(local, 'SHORT_DATETIME_FORMAT')} ({local:%Z})"
