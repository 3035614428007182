import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webinars.models.organisation import Agency, Client


class ConsentText(models.Model):
    """Something people are asked to agree to when they register with a client: in all its webinars, or in one
    registration campaign only. What it says is in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        Client, on_delete=models.CASCADE, related_name="consent_texts", verbose_name=_("client")
    )
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    campaign = models.ForeignKey(
        "webinars.Campaign",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="own_consent_texts",
        verbose_name=_("only in the registration campaign"),
    )
    name = models.CharField(_("name"), max_length=100)
    is_asked = models.BooleanField(_("asked now"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        db_table = "consent_texts"
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["id", "client", "agency"], name="consent_text_tenant"),
            models.CheckConstraint(condition=~Q(name=""), name="consent_text_named"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.agency_id = self.client.agency_id
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ConsentVersion(models.Model):
    """What a consent text said at a time. The database refuses every change of one: it is what people agreed to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.ForeignKey(
        ConsentText, on_delete=models.PROTECT, related_name="versions", verbose_name=_("consent text")
    )
    number = models.PositiveIntegerField(_("version"))
    label = models.CharField(_("beside the box"), max_length=200)
    body = models.TextField(_("full text"), blank=True)
    is_required = models.BooleanField(_("required"), default=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        db_table = "consent_versions"
        verbose_name = _("version of a consent text")
        verbose_name_plural = _("versions of consent texts")
        ordering = ["text", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["text", "number"], name="consent_version_unique"),
            models.CheckConstraint(condition=~Q(label="") & Q(number__gt=0), name="consent_version_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.number})"


class ConsentGiven(models.Model):
    """What one person answered to one version, where and when. Rows are added, never changed; the newest counts."""

    version = models.ForeignKey(
        ConsentVersion, on_delete=models.PROTECT, related_name="answers", verbose_name=_("version")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents", verbose_name=_("person")
    )
    webinar = models.ForeignKey(
        "webinars.Webinar", on_delete=models.CASCADE, null=True, related_name="consents", verbose_name=_("webinar")
    )
    campaign = models.ForeignKey(
        "webinars.Campaign",
        on_delete=models.CASCADE,
        null=True,
        related_name="consents",
        verbose_name=_("registration campaign"),
    )
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    is_given = models.BooleanField(_("agreed"))
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        db_table = "consents_given"
        verbose_name = _("answer to a consent text")
        verbose_name_plural = _("answers to consent texts")
        constraints = [
            models.CheckConstraint(
                condition=Q(webinar__isnull=True, campaign__isnull=False)
                | Q(webinar__isnull=False, campaign__isnull=True),
                name="consent_given_in_one_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
