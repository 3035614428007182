from django.db import migrations, models


def read_by(column: str, name: str, condition: models.Q | None = None) -> migrations.AddIndex:
    index = models.Index(fields=[column, "-at", "-id"], name=name, condition=condition)
    return migrations.AddIndex(model_name="auditentry", index=index)


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0010_who_gets_in_rules"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="auditentry",
            options={"ordering": ["-at", "-id"], "verbose_name": "audit entry", "verbose_name_plural": "audit log"},
        ),
        migrations.RemoveIndex(model_name="auditentry", name="audit_of_webinar"),
        migrations.RemoveIndex(model_name="auditentry", name="audit_of_client"),
        migrations.RemoveIndex(model_name="auditentry", name="audit_of_agency"),
        migrations.AddField(
            model_name="auditentry",
            name="managers_only",
            field=models.BooleanField(db_default=False, default=False),
        ),
        read_by("webinar_id", "audit_of_webinar"),
        read_by("client_id", "audit_of_client"),
        read_by("agency_id", "audit_of_agency"),
        migrations.AddIndex(model_name="auditentry", index=models.Index(fields=["-at", "-id"], name="audit_newest")),
        read_by("actor_id", "audit_of_actor"),
        read_by("action", "audit_of_action"),
        read_by("subject_id", "audit_of_subject", ~models.Q(subject_id="")),
    ]
