from celery import shared_task
from django.utils import timezone

from stats.services.snapshots import take_snapshot


@shared_task(name="stats.snapshot")
def snapshot() -> int:
    return take_snapshot(now=timezone.now())
