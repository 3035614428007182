from django.db import migrations

import presence.models.fields


class Migration(migrations.Migration):
    dependencies = [("presence", "0003_schedule")]

    operations = [
        migrations.AddField(
            model_name="usersession",
            name="silent_ranges",
            field=presence.models.fields.TimestampMultiRangeField(
                db_default=presence.models.fields.NO_RANGES,
                default=list,
                verbose_name="silent stretches",
            ),
        ),
    ]
