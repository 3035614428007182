from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from stats.models import AccessLog
from webinars.admin.one_webinar import OneWebinarAdmin
from webinars.admin.tabs import Tab, add_tab, list_of

add_tab(Tab("accesslog", _("Samples"), "see_statistics", 50, list_of("stats_accesslog")))


@admin.register(AccessLog)
class AccessLogAdmin(OneWebinarAdmin):
    """The minute's samples by bucket: to read, never to write."""

    see = "see_statistics"
    list_display = [
        "time_bucket",
        "average",
        "min_participants",
        "max_participants",
        "last_participants",
        "sample_count",
        "last_sample_at",
    ]
    ordering = ["-time_bucket"]
    readonly_fields = ["average"]
    fields = [
        "webinar",
        "time_bucket",
        "average",
        "min_participants",
        "max_participants",
        "last_participants",
        "sample_count",
        "sum_participants",
        "first_sample_at",
        "last_sample_at",
    ]

    @admin.display(description=_("average"))
    def average(self, obj: AccessLog) -> str:
        """Over the samples of the bucket."""
        return f"{obj.sum_participants / obj.sample_count:.1f}"
