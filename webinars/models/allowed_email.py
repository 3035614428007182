import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from webinars.models.tenancy import TenantModel
from webinars.models.webinar import Webinar


class AllowedEmail(TenantModel):
    """An address whose owner may enter an `email_auth` webinar (spec 3). Kept folded, so that comparing is exact."""

    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="allowed_emails",
        verbose_name=_("webinar"),
    )
    email = models.CharField(_("email address"), max_length=254)

    class Meta:
        db_table = "webinar_allowed_emails"
        verbose_name = _("allowed email address")
        verbose_name_plural = _("allowed email addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["webinar", "email"],
                name="allowed_email_unique",
                violation_error_message=_("This address is on the list already."),
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")) & Q(email__regex=r"^[^\s@]+@[^\s@]+$"), name="allowed_email_folded"
            ),
        ]

    def __str__(self) -> str:
        return self.email


class AllowedEmailImport(TenantModel):
    """One paste or file of addresses: what became of it, to be looked at and taken back for a day. `at` is also the
    `created_at` of the addresses that it added."""

    class Source(models.TextChoices):
        PASTE = "paste", _("Pasted")
        CSV = "csv", _("CSV file")
        XLSX = "xlsx", _("Excel file")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webinar = models.ForeignKey(
        Webinar, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("when"))
    source = models.CharField(_("from"), max_length=5, choices=Source.choices)
    added = models.PositiveIntegerField(_("added"), default=0)
    known = models.PositiveIntegerField(_("on the list already"), default=0)
    repeated = models.PositiveIntegerField(_("repeated"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        db_table = "webinar_allowed_email_imports"
        verbose_name = _("import of addresses")
        verbose_name_plural = _("imports of addresses")
        constraints = [
            models.UniqueConstraint(fields=["webinar", "at"], name="allowed_email_import_moment"),
            models.CheckConstraint(
                condition=Q(source__in=["paste", "csv", "xlsx"]), name="allowed_email_import_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class AllowedEmailLine(models.Model):
    """A line of an import that added nothing, and why."""

    class Outcome(models.TextChoices):
        KNOWN = "known", _("On the list already")
        REPEATED = "repeated", _("Repeated")
        REJECTED = "rejected", _("Rejected")

    # "import" is a word of Python's.
    of = models.ForeignKey(AllowedEmailImport, on_delete=models.CASCADE, related_name="lines", db_index=False)
    line = models.PositiveIntegerField(_("line"))
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    problem = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "webinar_allowed_email_lines"
        verbose_name = _("line of an import")
        verbose_name_plural = _("lines of imports")
        ordering = ["line", "id"]
        indexes = [
            # The report, in the file's order, and its parts.
            models.Index(fields=["of", "outcome", "line", "id"], name="allowed_email_line_of_import"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["known", "repeated"], problem="") | Q(outcome="rejected") & ~Q(problem=""),
                name="allowed_email_line_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


def folded_email(address: str) -> str:
    """The form in which addresses compare: without regard to case and surrounding space (spec 3)."""
    return address.strip().lower()
