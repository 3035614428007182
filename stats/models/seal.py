"""Sealed attendance: a report that cannot change, and the chain that proves it (spec 7, Sealing)."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from presence.models.fields import NO_RANGES, TimestampMultiRangeField
from webinars.models import TenantModel, User, Webinar


def _by(name: str, figure: Any) -> models.Index:
    """For the table sorted by a figure, up and down (stats/sql/attendance.py): a page is read where it begins."""
    return models.Index("seal", figure, "row", name=f"sealed_by_{name}")


def _or(column: str, end: str) -> Coalesce:
    """What is missing comes last, in either direction."""
    return Coalesce(column, Cast(Value(end), models.DateTimeField()))


class AttendanceSealQuerySet(models.QuerySet["AttendanceSeal"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(webinar__in=Webinar.objects.visible_to(user))

    def current(self) -> Self:
        """The newest version of each webinar."""
        newest = self.model.objects.filter(webinar=models.OuterRef("webinar")).order_by("-version").values("pk")[:1]
        return self.filter(pk=models.Subquery(newest))


class AttendanceSeal(TenantModel):
    """One version of a webinar's attendance, computed once and never changed again.

    `sha256` is taken over the canonical export (`stats/canonical.py`): this header, `previous_sha256` among it, and
    every row. `position` counts the seals of a client, so that each names the one before it and none can be taken out
    unnoticed. The database refuses every change and every removal (migration 0004). A correction is a new version.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="attendance_seals",
        verbose_name=_("webinar"),
    )
    version = models.PositiveIntegerField(_("version"))
    sealed_at = models.DateTimeField(_("sealed"))
    # Without an author it was the job that seals when the collect window is over. The name stays when the person goes.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name=_("author"),
    )
    reason = models.TextField(_("reason"), blank=True)
    window_start = models.DateTimeField(_("window from"))
    window_end = models.DateTimeField(_("window to"))
    # The intervals the figures were counted with, in seconds: stale, ping, track.
    intervals = models.JSONField(_("intervals"))
    definitions_version = models.PositiveIntegerField(_("version of the definitions"))
    definitions = models.JSONField(_("definitions"))
    software_version = models.CharField(_("software version"), max_length=50)
    people_count = models.PositiveIntegerField(_("people"))
    # {"people": …, "guests": …, "reconciliation": …}: sums, as the answers of the API name them.
    totals = models.JSONField(_("totals"))
    position = models.PositiveIntegerField(_("position in the client's chain"))
    previous_sha256 = models.CharField(_("previous seal's SHA-256"), max_length=64, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64)

    objects = AttendanceSealQuerySet.as_manager()

    class Meta:
        db_table = "attendance_seals"
        verbose_name = _("sealed attendance")
        verbose_name_plural = _("sealed attendance")
        constraints = [
            # Also the index of the newest version.
            models.UniqueConstraint(fields=["webinar", "version"], name="seal_version_unique"),
            # Two seals at once cannot follow the same one.
            models.UniqueConstraint(fields=["client", "position"], name="seal_position_unique"),
            models.CheckConstraint(condition=Q(version__gte=1) & Q(position__gte=1), name="seal_counts_from_one"),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(reason=""),
                name="seal_correction_has_reason",
                violation_error_message=_("Say why the sealed attendance is corrected."),
            ),
            models.CheckConstraint(
                condition=Q(version=1) | Q(author__isnull=False),
                name="seal_correction_has_author",
                violation_error_message=_("Say who corrects the sealed attendance."),
            ),
            models.CheckConstraint(condition=Q(window_end__gte=F("window_start")), name="seal_window"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
                & (Q(position=1, previous_sha256="") | Q(position__gt=1, previous_sha256__regex=r"^[0-9a-f]{64}$")),
                name="seal_chained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webinar} · {self.version}"


class SealedAttendance(models.Model):
    """One person's sealed figures. Who it was can be erased; the row stays, and so does its place in the hash.

    The hash covers `identity_digest`, SHA-256 over `identity_salt` and the person's id, name and address, in their
    place. Erasing sets the four to nothing (the database allows exactly that), and without the salt the digest tells
    nobody who it was.
    """

    pk = models.CompositePrimaryKey("seal_id", "row")
    seal = models.ForeignKey(AttendanceSeal, on_delete=models.PROTECT, db_index=False, related_name="rows")
    row = models.PositiveIntegerField(_("row"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        verbose_name=_("person"),
    )
    display_name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.CharField(_("email"), max_length=254, blank=True)
    identity_salt = models.CharField(_("salt"), max_length=64, blank=True)
    identity_digest = models.CharField(_("identity digest"), max_length=64)
    session_count = models.IntegerField(_("pages"))
    first_entered = models.DateTimeField(_("first entered"), null=True)
    last_exited = models.DateTimeField(_("last left"), null=True)
    connected_seconds = models.IntegerField(_("connected"))
    unique_seconds = models.IntegerField(_("unique"))
    visible_seconds = models.IntegerField(_("visible"))
    overlap_seconds = models.IntegerField(_("overlap"))
    uncertainty_seconds = models.IntegerField(_("uncertainty"))
    attendance_percent = models.DecimalField(_("attendance"), max_digits=4, decimal_places=1, null=True)
    # The strip, for when the raw sessions are gone.
    present_ranges = TimestampMultiRangeField(_("present"), default=list, db_default=NO_RANGES)
    visible_ranges = TimestampMultiRangeField(_("in front"), default=list, db_default=NO_RANGES)
    # SHA-256 over the person's raw sessions, so that a change to any of them shows, also where no figure moves.
    sessions_digest = models.CharField(_("digest of the sessions"), max_length=64)

    class Meta:
        db_table = "sealed_attendance"
        verbose_name = _("sealed row")
        verbose_name_plural = _("sealed rows")
        constraints = [
            models.CheckConstraint(
                condition=Q(connected_seconds__gte=F("unique_seconds"))
                & Q(unique_seconds__gte=F("overlap_seconds"))
                & Q(overlap_seconds__gte=0)
                & Q(visible_seconds__gte=0)
                & Q(uncertainty_seconds__gte=0),
                name="sealed_figures_consistent",
            ),
        ]
        indexes = [
            # A person's own rows: erasing, and a person's page.
            models.Index(fields=["user"], name="sealed_of_person"),
            _by("name", Lower("display_name")),
            _by("email", Lower("email")),
            _by("connected", F("connected_seconds")),
            _by("unique", F("unique_seconds")),
            _by("visible", F("visible_seconds")),
            _by("overlap", F("overlap_seconds")),
            _by("uncertainty", F("uncertainty_seconds")),
            _by("pages", F("session_count")),
            _by("percent", Coalesce("attendance_percent", Value(0))),
            _by("entered", _or("first_entered", "infinity")),
            _by("entered_down", _or("first_entered", "-infinity")),
            _by("exited", _or("last_exited", "infinity")),
            _by("exited_down", _or("last_exited", "-infinity")),
        ]

    def __str__(self) -> str:
        return f"{self.seal_id} {self.row}"
