from celery import shared_task
from django.utils import timezone

from stats.services import retention
from stats.services.snapshots import run_minute


@shared_task(name="stats.snapshot")
def snapshot() -> int:
    return run_minute(now=timezone.now())


@shared_task(name="stats.prune")
def prune() -> dict[str, int]:
    return retention.prune(now=timezone.now())
