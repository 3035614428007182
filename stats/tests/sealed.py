"""Sealed attendance for tests of what reads it: rows straight into the tables, in the order that they need."""

import uuid
from datetime import timedelta

from django.db import connection, transaction

from stats.models import AttendanceSeal, SealedAttendance
from webinars.tests.factories import UserFactory

DIGEST = "0" * 64


@transaction.atomic
def seal_rows(webinar, rows, *, version=1, totals=None, **header):
    """A seal of these rows (`SealedAttendance` without seal, row and digests). Rows come before their header, and the
    sessions were committed before both."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS session_before_seal IMMEDIATE; SET CONSTRAINTS session_before_seal DEFERRED")
    if version > 1 and not {"author", "author_id"} & set(header):
        header["author"] = UserFactory()
    seal_id = uuid.uuid4()
    SealedAttendance.objects.bulk_create(
        SealedAttendance(
            **{
                "identity_digest": DIGEST,
                "sessions_digest": DIGEST,
                "session_count": 1,
                "first_entered": None,
                "last_exited": None,
                "connected_seconds": 0,
                "unique_seconds": 0,
                "visible_seconds": 0,
                "overlap_seconds": 0,
                "uncertainty_seconds": 0,
                "attendance_percent": None,
                **row,
                "seal_id": seal_id,
                "row": number,
            }
        )
        for number, row in enumerate(rows, 1)
    )
    return AttendanceSeal.objects.create(
        **{
            "id": seal_id,
            "webinar": webinar,
            "client": webinar.client,
            "agency": webinar.agency,
            "version": version,
            "sealed_at": webinar.webinar_start_time + timedelta(hours=2),
            "reason": "" if version == 1 else "a correction",
            "window_start": webinar.webinar_start_time,
            "window_end": webinar.webinar_start_time + timedelta(hours=1),
            "intervals": {"stale": 300, "ping": 190, "track": 360},
            "definitions_version": 1,
            "definitions": {"uniqueSeconds": "as it was sealed"},
            "software_version": "1",
            "people_count": len(rows),
            "totals": totals or {"people": {"people": len(rows)}, "guests": {"sessionCount": 0}},
            "position": version,
            "previous_sha256": "" if version == 1 else DIGEST,
            "sha256": "a" * 64,
            **header,
        }
    )
