"""What the console's home shows of several webinars at once, and how fresh the samples are."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from eventflow import checkup
from presence.selectors.live import live_counts
from stats.models import AttendanceSeal
from stats.sql.summaries import samples_of
from webinars.models import Webinar

# A sample is taken every minute; after two missed ones somebody should look.
LATE = timedelta(seconds=150)
# Seals are made within a minute of the collect window's end; this long after it, somebody should look.
SEAL_LATE = timedelta(minutes=5)


def figures_of(webinars: Sequence[Webinar], now: datetime) -> dict[uuid.UUID, dict[str, Any]]:
    """People now, peak, average and sealed attendance by webinar. Three queries, however many webinars.

    The average is over samples, as everywhere (spec 6). A webinar without a sample has neither peak nor average.
    """
    if not webinars:
        return {}
    keys = [webinar.pk for webinar in webinars]
    counts = live_counts(now=now) if any(webinar.state == Webinar.State.LIVE for webinar in webinars) else {}
    found: dict[uuid.UUID, dict[str, Any]] = {key: {"people": counts.get(key, 0)} for key in keys}
    for row in samples_of(keys):
        found[row.webinar_id] |= {
            "peak": row.peak,
            "average": row.total / row.samples,
            "last_sample_at": row.last_sample_at,
        }
    if any(webinar.state == Webinar.State.ENDED for webinar in webinars):
        seals = (
            AttendanceSeal.objects.filter(webinar__in=keys).current().values_list("webinar_id", "version", "totals")
        )
        for key, version, totals in seals:
            found[key] |= {"sealed_version": version, "sealed_attended": totals["people"]["attended"]}
    return found


class Overdue(NamedTuple):
    """How many webinars should be sealed by now and are not, and the newest of them."""

    webinars: int
    newest: Webinar | None


def overdue_seals(webinars: QuerySet[Webinar], *, now: datetime) -> Overdue:
    """Of these webinars. One query, and another when any is overdue."""
    ended = webinars.filter(state=Webinar.State.ENDED)
    open_rooms = ended.collected_after(now - SEAL_LATE).values("pk")  # type: ignore[attr-defined]
    sealed = AttendanceSeal.objects.filter(webinar=OuterRef("pk"))
    late = ended.exclude(pk__in=open_rooms).exclude(Exists(sealed))
    newest = late.order_by("-webinar_actual_end_time").first()
    return Overdue(late.count() if newest else 0, newest)


@dataclass(frozen=True)
class Sampling:
    """`running` webinars are in their content window; `newest` is their last sample; `late` when one is overdue."""

    running: int
    newest: datetime | None
    late: bool


def sampling_state(webinars: QuerySet[Webinar], *, now: datetime) -> Sampling:
    """How the minute's count keeps up with these webinars. Two queries."""
    running = webinars.in_content_window(now).exclude(state=Webinar.State.DRAFT)  # type: ignore[attr-defined]
    starts = list(running.values_list("pk", "webinar_start_time"))
    keys = [key for key, _start in starts]
    newest = max((samples.last_sample_at for samples in samples_of(keys)), default=None)
    due = any(start < now - LATE for _key, start in starts)
    return Sampling(len(keys), newest, due and (newest is None or newest < now - LATE))


def machinery(*, now: datetime) -> dict[str, checkup.Finding]:
    """Redis and beat, as `manage.py doctor` sees them."""
    return {"redis": checkup.redis_state(), "beat": checkup.beat_schedule(now=now)}
