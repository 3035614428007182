from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0005_the_room"),
    ]

    operations = [
        migrations.AddField(
            model_name="question",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="taken back"),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at__isnull", True),
                    models.Q(("published_at__isnull", True), ("status", "archived")),
                    _connector="OR",
                ),
                name="question_withdrawn_is_unread",
            ),
        ),
    ]
