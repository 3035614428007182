from celery import shared_task
from django.utils import timezone

from stats.services.snapshots import run_minute


@shared_task(name="stats.snapshot")
def snapshot() -> int:
    return run_minute(now=timezone.now())
