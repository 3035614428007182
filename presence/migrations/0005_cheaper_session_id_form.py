from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual


class Migration(migrations.Migration):
    dependencies = [("presence", "0004_silent_ranges")]

    operations = [
        migrations.RemoveConstraint(model_name="usersession", name="session_id_form"),
        migrations.AddConstraint(
            model_name="usersession",
            constraint=models.CheckConstraint(
                condition=~models.Q(session_id__regex="[^A-Za-z0-9_-]")
                & models.Q(GreaterThanOrEqual(Length("session_id"), 8)),
                name="session_id_form",
            ),
        ),
    ]
