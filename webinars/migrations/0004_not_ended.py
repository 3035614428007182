from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webinars", "0003_questions")]

    operations = [
        migrations.AddIndex(
            model_name="webinar",
            index=models.Index(
                condition=models.Q(("state__in", ["scheduled", "live"])),
                fields=["webinar_scheduled_end_time"],
                name="webinar_not_ended",
            ),
        ),
    ]
