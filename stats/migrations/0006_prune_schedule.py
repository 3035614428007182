from django.db import migrations


def schedule(apps, schema_editor):
    """A default only: a job that is there already keeps what was edited. 18:30 UTC is 03:30 in Seoul."""
    crontab, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="30", hour="18", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        task="stats.prune",
        defaults={"name": "Delete what is kept no longer", "crontab": crontab, "expire_seconds": 6 * 3600},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0005_access_summaries"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(schedule, migrations.RunPython.noop)]
