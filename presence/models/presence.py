from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from webinars.models import TenantModel


class LivePresence(TenantModel):
    """Who is here now: one row per (webinar, user), and no other key (spec 5).

    No index on `last_seen_at`, on purpose. Every written ping moves it, and one index on it ends heap-only
    updates (100 % to 0 %) and doubles the WAL (docs/benchmarks.md, "Indexes of the hot tables"). The readers,
    the minute's snapshot and the live count, scan the primary key of one webinar or the whole table, which
    retention keeps small. The table leaves 30 % of each page free (migration) so that updates stay in place.
    """

    pk = models.CompositePrimaryKey("webinar_id", "user_id")
    webinar = models.ForeignKey(
        "webinars.Webinar", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    joined_at = models.DateTimeField(_("joined"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        db_table = "webinar_live_presence"
        verbose_name = _("person present")
        verbose_name_plural = _("people present")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("joined_at")), name="presence_seen_after_joined"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.webinar_id}"
