from django.db import migrations

# A registration that was on its way while attendance was sealed is refused, as a session is (migration 0004): what
# the seal says about who was registered stays true. One that is made later is none of the seal's.
LATE = """
CREATE FUNCTION registration_before_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM attendance_seals s
               WHERE s.webinar_id = NEW.webinar_id AND s.sealed_at >= NEW.registered_at) THEN
        RAISE EXCEPTION 'the attendance of this webinar is sealed'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registration_before_seal', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER registration_before_seal AFTER INSERT ON registrations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION registration_before_seal();
"""
UNDO = """
DROP TRIGGER registration_before_seal ON registrations;
DROP FUNCTION registration_before_seal;
"""


def schedule(apps, schema_editor):
    """A default only: a job that is there already keeps what was edited."""
    crontab, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="*", hour="*", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        task="stats.seal",
        defaults={"name": "Seal attendance", "crontab": crontab, "expire_seconds": 55},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0006_prune_schedule"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunSQL(LATE, UNDO),
        migrations.RunPython(schedule, migrations.RunPython.noop),
    ]
