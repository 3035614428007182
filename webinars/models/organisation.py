import uuid
from typing import Any, ClassVar, Self

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a membership allows; the table is in spec 1 and in `webinars/selectors/permissions.py`."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    OPERATOR = "operator", _("Operator")
    ANALYST = "analyst", _("Analyst")
    VIEWER = "viewer", _("Viewer")


class Agency(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    mfa_required = models.BooleanField(
        _("members need a second factor"),
        default=False,
        db_default=False,
        help_text=_("Members of the agency and of its clients see nothing of it until they have set one up."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        db_table = "agencies"
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Client(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="clients", verbose_name=_("agency"))
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        db_table = "clients"
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet[Any]):
    """Of agencies and of clients alike."""

    def in_force(self) -> Self:
        """Without those whose agency asks for a second factor that the person has not set up."""
        factors = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        has_factor = Exists(Authenticator.objects.filter(user=OuterRef("user"), type__in=factors))
        return self.filter(Q(**{self.model.ASKS_FOR_FACTOR: False}) | has_factor)


class AgencyMember(models.Model):
    """A role over all clients of an agency."""

    ASKS_FOR_FACTOR: ClassVar = "agency__mfa_required"

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="members", verbose_name=_("agency"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agency_memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "agency_members"
        verbose_name = _("agency member")
        verbose_name_plural = _("agency members")
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "user"],
                name="agency_member_unique",
                violation_error_message=_("This person is already a member of this agency."),
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="agency_member_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.agency}"


class ClientMember(models.Model):
    """A role over one client."""

    ASKS_FOR_FACTOR: ClassVar = "client__agency__mfa_required"

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="members", verbose_name=_("client"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="client_memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "client_members"
        verbose_name = _("client member")
        verbose_name_plural = _("client members")
        constraints = [
            models.UniqueConstraint(
                fields=["client", "user"],
                name="client_member_unique",
                violation_error_message=_("This person is already a member of this client."),
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="client_member_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.client}"
