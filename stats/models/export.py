"""Files of a webinar that take longer than a request may: asked for, written by a worker, fetched (spec 6, 14)."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from webinars.models import TenantModel, User, Webinar


class ExportQuerySet(models.QuerySet["Export"]):
    def under_way(self) -> Self:
        return self.filter(state__in=[Export.State.QUEUED, Export.State.RUNNING])

    def kept(self, now: datetime) -> Self:
        return self.filter(expires_at__gt=now)

    def requested_by(self, user: User) -> Self:
        return self.filter(requested_by=user)


class Export(TenantModel):
    """One file that somebody asked for: theirs alone, and gone when it expires.

    A worker owns a running export while `claim` is its own, and says so by moving `heartbeat_at`; when that falls
    silent, another takes over with a claim of its own. `rows_total` is null while it is unknown. `file` is the name in
    the private storage, written when the file is whole. `query` is what the table of attendance was asked for (sort,
    filter); the room's files have none, and always name people.
    """

    class Kind(models.TextChoices):
        ATTENDANCE = "attendance", _("Attendance")
        CHAT = "chat", _("Chat")
        QUESTIONS = "questions", _("Q&A")
        REGISTRATIONS = "registrations", _("Registrations")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being written")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="exports",
        verbose_name=_("webinar"),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="+",
        verbose_name=_("requested by"),
    )
    kind = models.CharField(
        _("kind"), max_length=13, choices=Kind.choices, default=Kind.ATTENDANCE, db_default=Kind.ATTENDANCE
    )
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    query = models.JSONField(_("query"), default=dict)
    language = models.CharField(_("language"), max_length=10)
    # Whether the file names people, as the requester's right was when it was asked for.
    personal = models.BooleanField(_("with personal data"))
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.QUEUED)
    claim = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    heartbeat_at = models.DateTimeField(_("last heard from"), null=True)
    rows_done = models.PositiveIntegerField(_("rows written"), default=0)
    rows_total = models.PositiveIntegerField(_("rows in all"), null=True)
    file = models.CharField(_("file"), max_length=200, blank=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("size"), null=True)
    error_code = models.CharField(_("error"), max_length=30, blank=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    expires_at = models.DateTimeField(_("expires"))

    objects = ExportQuerySet.as_manager()

    class Meta:
        db_table = "exports"
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [
            # How many a person has under way, and the same one asked for again.
            models.Index(fields=["requested_by", "created_at"], name="export_of_person"),
            # The worker's next, and those whose worker fell silent.
            models.Index(fields=["created_at"], name="export_under_way", condition=Q(state__in=["queued", "running"])),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="attendance") | Q(kind__in=["chat", "questions", "registrations"], personal=True),
                name="export_kind",
            ),
            models.CheckConstraint(condition=Q(format__in=["csv", "xlsx"]), name="export_format"),
            models.CheckConstraint(condition=Q(language__in=["ko", "en"]), name="export_language"),
            models.CheckConstraint(
                condition=Q(state="queued", claim=None, heartbeat_at=None, finished_at=None, file="", error_code="")
                | Q(
                    state="running",
                    claim__isnull=False,
                    heartbeat_at__isnull=False,
                    started_at__isnull=False,
                    finished_at=None,
                    file="",
                    error_code="",
                )
                | (
                    Q(state="done", claim=None, finished_at__isnull=False, size__isnull=False, error_code="")
                    & ~Q(file="")
                    & ~Q(file_name="")
                )
                | (Q(state="failed", claim=None, finished_at__isnull=False, file="") & ~Q(error_code="")),
                name="export_state",
            ),
            models.CheckConstraint(
                condition=Q(rows_total=None) | Q(rows_done__lte=F("rows_total")), name="export_rows_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.webinar} · {self.get_format_display()}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (Export.State.QUEUED, Export.State.RUNNING)
