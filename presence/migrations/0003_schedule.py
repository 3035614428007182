from django.conf import settings
from django.db import migrations

JOBS = [
    ("Sweep silent sessions", "presence.sweep_sessions", settings.SESSION_SWEEP_INTERVAL_SECONDS),
    ("Tell pages the live count", "presence.broadcast_counts", 5),
]


def schedule(apps, schema_editor):
    """Defaults only: a job that is there already keeps what was edited."""
    interval_model = apps.get_model("django_celery_beat", "IntervalSchedule")
    task_model = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, task, seconds in JOBS:
        interval, _ = interval_model.objects.get_or_create(every=seconds, period="seconds")
        # A run that waited longer than its interval is worth nothing: the next one is due.
        task_model.objects.get_or_create(
            task=task, defaults={"name": name, "interval": interval, "expire_seconds": seconds}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("presence", "0002_tenant_keys_and_storage"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(schedule, migrations.RunPython.noop)]
