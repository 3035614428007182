"""A person's sealed figures, and files they asked for: the part of this app in what is stored about them."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from stats.models import AttendanceSeal, Export, SealedAttendance
from webinars.models import User
from webinars.selectors.personal_data import Part


def _sealed(user: User) -> QuerySet[Any, Any]:
    return (
        SealedAttendance.objects.filter(user_id=user.pk)
        .order_by("seal__sealed_at", "seal_id", "row")
        .values(
            "email",
            webinarId=F("seal__webinar_id"),
            webinarTitle=F("seal__webinar__title"),
            sealedAt=F("seal__sealed_at"),
            version=F("seal__version"),
            nameThen=F("display_name"),
            sessionCount=F("session_count"),
            firstEntered=F("first_entered"),
            lastExited=F("last_exited"),
            connectedSeconds=F("connected_seconds"),
            uniqueSeconds=F("unique_seconds"),
            visibleSeconds=F("visible_seconds"),
            overlapSeconds=F("overlap_seconds"),
            uncertaintySeconds=F("uncertainty_seconds"),
            attendancePercent=F("attendance_percent"),
            presentStretches=F("present_ranges"),
            visibleStretches=F("visible_ranges"),
        )
    )


def _exports(user: User) -> QuerySet[Any, Any]:
    rows = Export.objects.filter(requested_by=user).order_by("created_at", "pk")
    return rows.values(
        "kind",
        "format",
        webinarId=F("webinar_id"),
        webinarTitle=F("webinar__title"),
        askedAt=F("created_at"),
        expiresAt=F("expires_at"),
    )


def _seals(user: User) -> QuerySet[Any, Any]:
    rows = AttendanceSeal.objects.filter(author_id=user.pk).order_by("sealed_at", "pk")
    return rows.values(
        "version",
        "reason",
        webinarId=F("webinar_id"),
        webinarTitle=F("webinar__title"),
        sealedAt=F("sealed_at"),
    )


PARTS = {
    "sealedAttendance": Part(_("Sealed attendance"), (SealedAttendance,), _sealed),
    "exports": Part(_("Files you asked for"), (Export,), _exports),
    "sealsMade": Part(_("Attendance you sealed"), (AttendanceSeal,), _seals),
}
