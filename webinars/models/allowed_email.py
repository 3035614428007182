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


def folded_email(address: str) -> str:
    """The form in which addresses compare: without regard to case and surrounding space (spec 3)."""
    return address.strip().lower()
