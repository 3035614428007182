from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webinars.models.tenancy import TenantModel
from webinars.models.user import User
from webinars.models.webinar import Webinar


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(webinar__in=Webinar.objects.visible_to(user))


class Registration(TenantModel):
    """One person in one webinar (spec 3). Identified by (webinar, user); the `id` serves the console only."""

    class RoomRole(models.TextChoices):
        ATTENDEE = "attendee", _("Attendee")
        PRESENTER = "presenter", _("Presenter")
        MODERATOR = "moderator", _("Moderator")

    webinar = models.ForeignKey(
        Webinar,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="registrations",
        verbose_name=_("webinar"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="registrations", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=10, choices=RoomRole.choices, default=RoomRole.ATTENDEE)
    source = models.CharField(_("came through"), max_length=100, blank=True)
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    registered_at = models.DateTimeField(_("registered"), default=timezone.now)
    muted_until = models.DateTimeField(_("muted until"), null=True, blank=True)
    banned_at = models.DateTimeField(_("banned"), null=True, blank=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        db_table = "registrations"
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint(fields=["webinar", "user"], name="registration_unique"),
            models.CheckConstraint(
                condition=Q(role__in=["attendee", "presenter", "moderator"]), name="registration_role"
            ),
        ]
        indexes = [
            # Who is muted or banned in a webinar: few.
            models.Index(
                fields=["webinar"],
                condition=Q(muted_until__isnull=False) | Q(banned_at__isnull=False),
                name="registration_silenced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.webinar}"
