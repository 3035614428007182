import uuid
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webinars.models.organisation import Agency, Client
from webinars.models.tenancy import TenantQuerySet
from webinars.models.validators import UUID_FORM, check_slug, check_time_zone


class CampaignQuerySet(TenantQuerySet):
    def by_ref(self, ref: str) -> Self:
        """The campaign that a URL names: by UUID or by slug."""
        if UUID_FORM.fullmatch(ref):
            return self.filter(id=uuid.UUID(ref))
        return self.filter(slug=ref) if "\x00" not in ref else self.none()


class Campaign(models.Model):
    """A registration campaign: one public page whose entries register people in all of its webinars (spec 3, 12)."""

    class Phone(models.TextChoices):
        NOT_ASKED = "not_asked", _("Not asked")
        OPTIONAL = "optional", _("Optional")
        REQUIRED = "required", _("Required")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("client"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_constraint=False, editable=False)
    slug = models.SlugField(_("address"), max_length=80, unique=True, allow_unicode=True, validators=[check_slug])
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Seoul", validators=[check_time_zone])
    is_published = models.BooleanField(
        _("published"), default=False, help_text=_("Until then the page exists for members only.")
    )
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    capacity = models.PositiveIntegerField(
        _("places"), null=True, blank=True, help_text=_("Nobody is registered beyond this many. Empty: no limit.")
    )
    phone = models.CharField(_("phone number"), max_length=10, choices=Phone.choices, default=Phone.NOT_ASKED)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        db_table = "event_survey_campaigns"
        verbose_name = _("registration campaign")
        verbose_name_plural = _("registration campaigns")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["client", "-created_at"], name="campaign_of_client")]
        constraints = [
            models.UniqueConstraint(fields=["id", "client", "agency"], name="campaign_tenant"),
            models.CheckConstraint(condition=~Q(title=""), name="campaign_title_not_empty"),
            models.CheckConstraint(
                condition=~Q(slug="") & ~Q(slug__regex=r"[\s/?#%]") & ~Q(slug__iregex=r"^[0-9a-f-]{36}$"),
                name="campaign_slug_form",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="campaign_closes_after_it_opens",
                violation_error_message=_("Registration must close after it opens."),
            ),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(capacity__gt=0),
                name="campaign_capacity",
                violation_error_message=_("Give at least one place, or leave the field empty."),
            ),
            models.CheckConstraint(
                condition=Q(phone__in=["not_asked", "optional", "required"]), name="campaign_phone"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        """The agency is always the client's; the database refuses any other."""
        self.agency_id = self.client.agency_id
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def is_open(self, now: datetime) -> bool:
        """By its times alone: whether places are left is another question."""
        opened = self.opens_at is None or self.opens_at <= now
        return self.is_published and opened and (self.closes_at is None or now < self.closes_at)


class CampaignQuestion(models.Model):
    """A question of the organizer's own on a campaign's page."""

    class Kind(models.TextChoices):
        SHORT = "short", _("Short text")
        LONG = "long", _("Long text")
        SINGLE = "single", _("One of several")
        MULTIPLE = "multiple", _("Several of several")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    label = models.CharField(_("question"), max_length=200)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.SHORT)
    choices = ArrayField(models.CharField(max_length=100), verbose_name=_("choices"), default=list, blank=True)
    is_required = models.BooleanField(_("required"), default=False)

    class Meta:
        db_table = "event_survey_questions"
        verbose_name = _("question of a campaign")
        verbose_name_plural = _("questions of a campaign")
        ordering = ["position", "label"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["short", "long"], choices=[])
                | Q(kind__in=["single", "multiple"], choices__len__gte=2),
                name="campaign_question_choices",
                violation_error_message=_("Give at least two choices, one per line; texts have none."),
            ),
            models.CheckConstraint(condition=~Q(label=""), name="campaign_question_asks"),
        ]

    def __str__(self) -> str:
        return self.label


class CampaignEntry(models.Model):
    """One person in one campaign, however often they send the form. `answers` repeats the questions as they were
    asked: [{"question": id, "label": text, "answer": text or list of texts}]."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="entries", verbose_name=_("registration campaign")
    )
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="campaign_entries",
        verbose_name=_("person"),
    )
    email = models.CharField(_("email address"), max_length=254)
    name = models.CharField(_("name"), max_length=100)
    phone = models.CharField(_("phone number"), max_length=30, blank=True)
    answers = models.JSONField(_("answers"), default=list, blank=True)
    source = models.CharField(_("came through"), max_length=100, blank=True)
    proven_at = models.DateTimeField(_("address proven"), null=True, blank=True)
    entered_at = models.DateTimeField(_("registered"), default=timezone.now)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        db_table = "event_survey_entries"
        verbose_name = _("entry of a campaign")
        verbose_name_plural = _("entries of a campaign")
        indexes = [models.Index(fields=["campaign", "-entered_at"], name="entry_of_campaign")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user"], name="entry_of_person_unique"),
            models.UniqueConstraint(fields=["campaign", "email"], name="entry_of_address_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")) & ~Q(email=""), name="entry_email_folded"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
