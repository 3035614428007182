"""What sealed and exported attendance says of a person (spec 5, Retention; spec 7, Sealing)."""

from django.db.models import Q

from stats.models import Export, SealedAttendance
from stats.sql.sealing import wait_until_nobody_seals
from webinars.models import Webinar
from webinars.services.erasure import Erased


def erase_sealed_identity(erased: Erased) -> int:
    """Who a sealed row was. The row stays, with its figures and its place in the hash; the database allows this much
    and no more."""
    wait_until_nobody_seals()
    return SealedAttendance.objects.filter(user_id=erased.user.pk).update(
        user_id=None, display_name="", email="", identity_salt=""
    )


def expire_exports(erased: Erased) -> int:
    """Files that may name the person, and those that they asked for, can be fetched no longer; the next pruning
    deletes them. Whoever needs one asks for it again."""
    user = erased.user
    named_in = Q(sessions__user=user) | Q(registrations__user=user) | Q(attendance_seals__rows__user=user)
    naming = Q(personal=True, webinar__in=Webinar.objects.filter(named_in)) | Q(requested_by=user)
    return Export.objects.filter(naming, expires_at__gt=erased.now).update(expires_at=erased.now)
