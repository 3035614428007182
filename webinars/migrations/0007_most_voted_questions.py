from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0006_withdrawn_questions"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="question",
            index=models.Index(
                condition=models.Q(("status__in", ["published", "answered"]), ("upvote_count__gt", 0)),
                fields=["webinar", "-upvote_count", "seq"],
                name="question_most_votes",
            ),
        ),
    ]
