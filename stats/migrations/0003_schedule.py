from django.db import migrations


def schedule(apps, schema_editor):
    """A default only: a job that is there already keeps what was edited. At the start of each minute, rather than
    every 60 seconds from whenever beat started: an interval drifts, and would skip a minute now and then."""
    crontab, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="*", hour="*", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        task="stats.snapshot",
        defaults={"name": "Take the minute's snapshot", "crontab": crontab, "expire_seconds": 55},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0002_tenant_keys"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(schedule, migrations.RunPython.noop)]
