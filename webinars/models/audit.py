from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from webinars.models.tenancy import TenantQuerySet


class AuditEntry(models.Model):
    """One act that somebody answers for (spec 13). The database takes new entries and refuses every change of one.

    What it describes may be deleted later, so it points at nothing: ids are plain values. It holds no personal data
    but ids, so erasing a person needs no change here; names are looked up when it is shown.
    """

    at = models.DateTimeField(_("when"))
    action = models.CharField(_("act"), max_length=40)
    actor_id = models.UUIDField(_("by"), null=True)
    agency_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)
    webinar_id = models.UUIDField(null=True)
    subject_type = models.CharField(_("on what"), max_length=20, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    # About a tenant's people and its policies: for those who may manage its members. All else is for who may run it.
    managers_only = models.BooleanField(default=False, db_default=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "audit_log"
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-at", "-id"]
        # The newest first, whoever reads: what is frequent is found by walking back in time, what is rare by bitmaps
        # of the others, which are small because each value is kept once (measured at a million: docs/audit.md).
        indexes = [
            models.Index(fields=["at", "id"], name="audit_newest"),
            models.Index(fields=["webinar_id"], name="audit_of_webinar", condition=Q(webinar_id__isnull=False)),
            models.Index(fields=["client_id"], name="audit_of_client", condition=Q(client_id__isnull=False)),
            models.Index(fields=["agency_id"], name="audit_of_agency", condition=Q(agency_id__isnull=False)),
            models.Index(fields=["actor_id"], name="audit_of_actor"),
            models.Index(fields=["action"], name="audit_of_action"),
            models.Index(fields=["subject_id"], name="audit_of_subject", condition=~Q(subject_id="")),
        ]
        constraints = [models.CheckConstraint(condition=~Q(action=""), name="audit_action_not_empty")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
