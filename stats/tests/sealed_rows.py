"""A seal's rows for tests of what reads them."""

import uuid

from django.db import connection

from presence.selectors.ledger import person_figures, person_stretches
from presence.sql.ledger import frame_of
from stats.models import AttendanceSeal, SealedAttendance


def keep_sealed(webinar, *, now):
    """The rows and the header, with hashes that are none: what reading a seal needs, without the service."""
    frame = frame_of(webinar, now=now)
    stretches = person_stretches(frame)
    connection.check_constraints()  # as a commit before sealing would
    seal_id = uuid.uuid4()
    SealedAttendance.objects.bulk_create(
        SealedAttendance(
            seal_id=seal_id,
            row=number,
            identity_digest="0" * 64,
            sessions_digest="0" * 64,
            present_ranges=list(stretches[figures.user_id].present_ranges),
            visible_ranges=list(stretches[figures.user_id].visible_ranges),
            **figures._asdict(),
        )
        for number, figures in enumerate(person_figures(frame), 1)
    )
    AttendanceSeal.objects.create(
        id=seal_id,
        webinar=webinar,
        client=webinar.client,
        agency=webinar.agency,
        version=1,
        sealed_at=now,
        window_start=frame.start,
        window_end=frame.until,
        intervals={},
        definitions_version=1,
        definitions={},
        software_version="1",
        people_count=len(stretches),
        totals={},
        position=1,
        sha256="0" * 64,
    )
