from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from webinars.models import TenantModel, Webinar


class AccessSummary(TenantModel):
    """One row per webinar that was ever sampled or has ended: the minute's claim, and what is known of a long history
    (spec 6).

    `last_sample_at` is claimed by the minute's statement before it adds a sample, so that a webinar gets one a minute,
    whatever the bucket's length and however many schedulers run; it is null where no sample was ever taken. Whole days
    of buckets before `settled_until` are in `webinar_access_days`. `sessions` and `total_attendees` are kept only
    where counting them takes long, as of `counted_at`. They are null everywhere else, where they are counted when they
    are asked for; `counted_at` is then when the webinar was seen to be small after it was over.
    `sessions_pruned_at` is when the first of its raw sessions was about to be deleted: from then on nothing is
    computed from them again.
    """

    webinar = models.OneToOneField(
        Webinar, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="access_summary"
    )
    last_sample_at = models.DateTimeField(_("last sample"), null=True)
    settled_until = models.DateTimeField(null=True)
    sessions = models.BigIntegerField(_("sessions"), null=True)
    total_attendees = models.BigIntegerField(_("people"), null=True)
    counted_at = models.DateTimeField(null=True)
    sessions_pruned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webinar_access_summaries"
        constraints = [
            models.CheckConstraint(
                condition=Q(sessions__isnull=True, total_attendees__isnull=True)
                | Q(
                    sessions__isnull=False,
                    total_attendees__isnull=False,
                    counted_at__isnull=False,
                    total_attendees__gte=0,
                    sessions__gte=F("total_attendees"),
                ),
                name="access_summary_counts",
            ),
        ]

    def __str__(self) -> str:
        return str(self.webinar_id)


class AccessDay(TenantModel):
    """The samples of one webinar's buckets of one whole day (UTC) that can no longer change.

    Figures over years read these instead of the buckets; never alone, but as far as the day's first bucket is still
    there, so that pruned buckets are in no figure.
    """

    pk = models.CompositePrimaryKey("webinar_id", "day")
    webinar = models.ForeignKey(
        Webinar, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="access_days"
    )
    day = models.DateTimeField(_("from"))
    sample_count = models.IntegerField(_("sample count"))
    sum_participants = models.BigIntegerField(_("sum"))
    max_participants = models.IntegerField(_("most"))
    peak_time = models.DateTimeField(_("peak"))

    class Meta:
        db_table = "webinar_access_days"
        constraints = [
            models.CheckConstraint(
                condition=Q(sample_count__gt=0)
                & Q(max_participants__gte=0)
                & Q(sum_participants__gte=F("max_participants"))
                & Q(sum_participants__lte=F("max_participants") * F("sample_count")),
                name="access_day_consistent",
            ),
            models.CheckConstraint(condition=Q(peak_time__gte=F("day")), name="access_day_peak_within"),
        ]

    def __str__(self) -> str:
        return f"{self.webinar_id} {self.day:%Y-%m-%d}"
