from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0011_pruning_and_authors"),
    ]

    operations = [
        migrations.AddField(
            model_name="export",
            name="kind",
            field=models.CharField(
                choices=[("attendance", "Attendance"), ("chat", "Chat"), ("questions", "Q&A")],
                db_default="attendance",
                default="attendance",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "attendance"),
                    models.Q(("kind__in", ["chat", "questions"]), ("personal", True)),
                    _connector="OR",
                ),
                name="export_kind",
            ),
        ),
    ]
