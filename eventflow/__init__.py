"""EventFlow: live webinars, and attendance numbers that an organizer can defend."""

from eventflow.celery import app as celery_app

__all__ = ["celery_app"]
