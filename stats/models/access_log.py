from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from webinars.models import TenantModel, User, Webinar


class AccessLogQuerySet(models.QuerySet["AccessLog"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(webinar__in=Webinar.objects.visible_to(user))


class AccessLog(TenantModel):
    """How many people were in one webinar during one bucket of time, from samples a minute apart (spec 6).

    Counts are people. The average over any stretch is the sum of `sum_participants` over the sum of
    `sample_count`. Fewer samples than minutes means that minutes were missed; they are never filled in.
    """

    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="access_logs",
        verbose_name=_("webinar"),
    )
    time_bucket = models.DateTimeField(_("from"))
    sample_count = models.IntegerField(_("sample count"))
    sum_participants = models.BigIntegerField(_("sum"))
    min_participants = models.IntegerField(_("fewest"))
    max_participants = models.IntegerField(_("most"))
    last_participants = models.IntegerField(_("last"))
    first_sample_at = models.DateTimeField(_("first sample"))
    last_sample_at = models.DateTimeField(_("last sample"))

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        db_table = "webinar_access_logs"
        verbose_name = _("sample")
        verbose_name_plural = _("samples")
        constraints = [
            # Also the index of every timeline.
            models.UniqueConstraint(fields=["webinar", "time_bucket"], name="access_log_unique"),
            models.CheckConstraint(
                condition=Q(sample_count__gt=0)
                & Q(min_participants__gte=0)
                & Q(min_participants__lte=F("last_participants"))
                & Q(last_participants__lte=F("max_participants"))
                & Q(sum_participants__gte=F("min_participants") * F("sample_count"))
                & Q(sum_participants__lte=F("max_participants") * F("sample_count")),
                name="access_log_consistent",
            ),
            models.CheckConstraint(
                condition=Q(first_sample_at__gte=F("time_bucket")) & Q(last_sample_at__gte=F("first_sample_at")),
                name="access_log_sample_times",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webinar_id} {self.time_bucket:%Y-%m-%d %H:%M}"
