import uuid

from celery import shared_task
from django.utils import timezone

from stats.services import exports, retention
from stats.services.sealing import seal_due
from stats.services.snapshots import minute_job

EXPORT_SECONDS = 3600


@shared_task(name="stats.snapshot")
def snapshot() -> int:
    return minute_job(now=timezone.now())


@shared_task(name="stats.prune")
def prune() -> dict[str, int]:
    return retention.prune(now=timezone.now())


@shared_task(name="stats.seal")
def seal() -> int:
    return seal_due(now=timezone.now())


@shared_task(name=exports.TASK, time_limit=EXPORT_SECONDS)
def write_export(export_id: str) -> None:
    """And then those that had to wait for it."""
    exports.write_export(export_id=uuid.UUID(export_id))
    exports.write_waiting_exports()


@shared_task(name="stats.write_waiting_exports", time_limit=EXPORT_SECONDS)
def write_waiting_exports() -> int:
    return exports.write_waiting_exports()
