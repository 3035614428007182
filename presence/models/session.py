from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Least, Length
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from presence.models.fields import NO_RANGES, EpochSeconds, TimestampMultiRangeField
from presence.models.ids import time_ordered_id
from webinars.models import TenantModel, User, Webinar


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    def open(self) -> Self:
        return self.filter(exited_at__isnull=True)

    def silent_since(self, moment: datetime) -> Self:
        """Open, and not heard of since."""
        return self.open().alias(heard=Coalesce("last_heartbeat_at", "entered_at")).filter(heard__lt=moment)

    def overlapping(self, *, now: datetime) -> Self:
        """Those during which the same person had another page of the same webinar open. They end where the ledger ends
        them (`COUNTED_END` in presence/sql/ledger.py)."""
        last_heard: Any = Coalesce("last_heartbeat_at", "entered_at")
        stale = Value(timedelta(seconds=settings.SESSION_STALE_SECONDS))
        silent = ExpressionWrapper(last_heard + stale, output_field=DateTimeField())
        end = Least(Value(now), Coalesce("exited_at", silent))
        others = UserSession.objects.alias(counted_end=end).filter(
            Q(counted_end__gt=F("entered_at")),
            webinar_id=OuterRef("webinar_id"),
            user_id=OuterRef("user_id"),
            entered_at__lt=OuterRef("counted_end"),
            counted_end__gt=OuterRef("entered_at"),
        )
        lasting = self.alias(counted_end=end).filter(counted_end__gt=F("entered_at"))
        return lasting.filter(Exists(others.exclude(pk=OuterRef("pk"))))

    def visible_to(self, user: User) -> Self:
        return self.filter(webinar__in=Webinar.objects.visible_to(user))


class UserSession(TenantModel):
    """Who was here when: one row per opened page, of a person or of a guest (`user` null) (spec 5).

    `watched_seconds_raw` is the sum, and `watched_ranges` the stretches, of the time in which the page was seen
    to be in front. `silent_ranges` are the stretches between two heartbeats that were longer than the page owed: they
    count as connected, and every figure says how far that can be off (spec 7). `duration_seconds` is computed by the
    database and is null while the session is open.
    """

    class ClosedReason(models.TextChoices):
        EXIT = "exit", _("Left")
        TIMEOUT = "timeout", _("Went silent")

    id = models.UUIDField(primary_key=True, default=time_ordered_id, editable=False)
    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="sessions",
        verbose_name=_("webinar"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="webinar_sessions",
        verbose_name=_("person"),
    )
    session_id = models.CharField(_("page"), max_length=100)
    entered_at = models.DateTimeField(_("entered"))
    exited_at = models.DateTimeField(_("left"), null=True, blank=True)
    last_heartbeat_at = models.DateTimeField(_("last heartbeat"), null=True, blank=True)
    is_visible = models.BooleanField(_("page in front"), default=True)
    watched_seconds_raw = models.DecimalField(_("watched"), max_digits=15, decimal_places=6, default=0)
    watched_ranges = TimestampMultiRangeField(_("watched stretches"), default=list)
    silent_ranges = TimestampMultiRangeField(_("silent stretches"), default=list, db_default=NO_RANGES)
    duration_seconds = models.GeneratedField(
        expression=EpochSeconds(F("exited_at") - F("entered_at")),
        output_field=models.DecimalField(max_digits=15, decimal_places=6, null=True),
        db_persist=True,
        verbose_name=_("duration"),
    )
    closed_reason = models.CharField(_("closed because"), max_length=10, choices=ClosedReason.choices, null=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    referrer = models.CharField(_("referrer"), max_length=500, blank=True)
    ip_address = models.GenericIPAddressField(_("IP address"), null=True, blank=True)

    objects = UserSessionQuerySet.as_manager()

    class Meta:
        db_table = "webinar_user_sessions"
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            # A person's sessions, in the console and in the ledger.
            models.Index(fields=["webinar", "user", "entered_at"], name="session_of_person"),
            # The sweeper and the open sessions of a webinar. It lists open sessions by a column that never
            # changes, not by `last_heartbeat_at`, which every heartbeat moves: so heartbeats stay heap-only
            # (docs/benchmarks.md, "Indexes of the hot tables").
            models.Index(fields=["webinar"], name="session_open", condition=Q(exited_at__isnull=True)),
        ]
        constraints = [
            # Also the index of every heartbeat.
            models.UniqueConstraint(fields=["webinar", "session_id"], name="session_unique"),
            models.CheckConstraint(
                condition=Q(exited_at__isnull=True) | Q(exited_at__gte=F("entered_at")),
                name="session_exit_after_entry",
            ),
            models.CheckConstraint(
                condition=Q(exited_at__isnull=True, closed_reason__isnull=True)
                | Q(exited_at__isnull=False, closed_reason__isnull=False, closed_reason__in=["exit", "timeout"]),
                name="session_closed_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(last_heartbeat_at__isnull=True) | Q(last_heartbeat_at__gte=F("entered_at")),
                name="session_heartbeat_after_entry",
            ),
            models.CheckConstraint(
                condition=Q(exited_at__isnull=True)
                | Q(last_heartbeat_at__isnull=True)
                | Q(last_heartbeat_at__lte=F("exited_at")),
                name="session_heartbeat_before_exit",
            ),
            models.CheckConstraint(
                condition=Q(watched_seconds_raw=0)
                | Q(
                    watched_seconds_raw__gt=0,
                    watched_seconds_raw__lte=EpochSeconds(F("last_heartbeat_at") - F("entered_at")),
                ),
                name="session_watched_within_heartbeats",
            ),
            # 8 to 100 (the column's own limit) of these characters. As one pattern with {8,100} it took PostgreSQL
            # 15 µs at every heartbeat, and for every row that the sweeper closes; so it takes 3.
            models.CheckConstraint(
                condition=~Q(session_id__regex="[^A-Za-z0-9_-]") & Q(GreaterThanOrEqual(Length("session_id"), 8)),
                name="session_id_form",
            ),
        ]

    def __str__(self) -> str:
        return self.session_id
