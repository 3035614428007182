from celery import shared_task
from django.utils import timezone

from presence.services.live_count import broadcast_counts
from presence.services.sessions import close_stale_sessions


@shared_task(name="presence.sweep_sessions")
def sweep_sessions() -> int:
    return close_stale_sessions(now=timezone.now())


@shared_task(name="presence.broadcast_counts")
def tell_counts() -> int:
    return broadcast_counts(now=timezone.now())
