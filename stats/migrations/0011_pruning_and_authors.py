from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stats", "0010_looked_at")]

    operations = [
        migrations.AddField(
            model_name="accesssummary",
            name="sessions_pruned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="attendanceseal",
            constraint=models.CheckConstraint(
                condition=models.Q(("version", 1), ("author__isnull", False), _connector="OR"),
                name="seal_correction_has_author",
                violation_error_message="Say who corrects the sealed attendance.",
            ),
        ),
    ]
