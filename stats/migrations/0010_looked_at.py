from django.db import migrations, models

# Back to rows of sampled webinars alone, without the mark of those that are small.
UNDO = """
DELETE FROM webinar_access_summaries WHERE last_sample_at IS NULL;
UPDATE webinar_access_summaries SET counted_at = NULL WHERE sessions IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("stats", "0009_order_of_sealed_rows")]

    operations = [
        migrations.RemoveConstraint(model_name="accesssummary", name="access_summary_counts"),
        migrations.AlterField(
            model_name="accesssummary",
            name="last_sample_at",
            field=models.DateTimeField(null=True, verbose_name="last sample"),
        ),
        migrations.AddConstraint(
            model_name="accesssummary",
            constraint=models.CheckConstraint(
                condition=models.Q(sessions__isnull=True, total_attendees__isnull=True)
                | models.Q(
                    sessions__isnull=False,
                    total_attendees__isnull=False,
                    counted_at__isnull=False,
                    total_attendees__gte=0,
                    sessions__gte=models.F("total_attendees"),
                ),
                name="access_summary_counts",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, UNDO),
    ]
