from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from webinars.models.organisation import Role
from webinars.models.user import User


class TenantQuerySet(models.QuerySet[Any]):
    """Rows that carry `agency_id` and `client_id`. The one place that says whose rows a person sees (spec 14)."""

    def visible_to(self, user: User, *roles: Role) -> Self:
        """Rows of the tenants where the person is a member, in one of `roles` when any are named."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self.all()
        wanted = roles or tuple(Role)
        return self.filter(
            Q(agency_id__in=user.agency_memberships.in_force().filter(role__in=wanted).values("agency"))
            | Q(client_id__in=user.client_memberships.in_force().filter(role__in=wanted).values("client"))
        )


class TenantModel(models.Model):
    """A row that belongs to one webinar and carries its tenant keys (spec 1).

    The three keys are held together in the database by one composite foreign key to
    `webinars (id, client_id, agency_id)`, made in the app's migration: a row can never name a client that
    is not its webinar's, and an insert pays for one check instead of three. That is why the fields below
    have no constraint of their own.
    """

    webinar = models.ForeignKey("webinars.Webinar", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    client = models.ForeignKey(
        "webinars.Client", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    agency = models.ForeignKey(
        "webinars.Agency", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True
