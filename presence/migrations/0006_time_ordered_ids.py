from django.db import migrations, models

import presence.models.ids


class Migration(migrations.Migration):
    dependencies = [("presence", "0005_cheaper_session_id_form")]

    operations = [
        migrations.AlterField(
            model_name="usersession",
            name="id",
            field=models.UUIDField(
                default=presence.models.ids.time_ordered_id, editable=False, primary_key=True, serialize=False
            ),
        ),
    ]
