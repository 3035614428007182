from django.db import migrations, models

NAMES = ("webinar", "client", "agency", "actor", "action", "subject")


def read_by(column: str, name: str, condition: models.Q | None = None) -> migrations.AddIndex:
    return migrations.AddIndex(
        model_name="auditentry", index=models.Index(fields=[column], name=name, condition=condition)
    )


class Migration(migrations.Migration):
    """A seventh of the room: an index of one column keeps each value once."""

    dependencies = [
        ("webinars", "0013_plain_addresses"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="auditentry", name="audit_newest"),
        *(migrations.RemoveIndex(model_name="auditentry", name=f"audit_of_{name}") for name in NAMES),
        migrations.AddIndex(model_name="auditentry", index=models.Index(fields=["at", "id"], name="audit_newest")),
        read_by("webinar_id", "audit_of_webinar", models.Q(webinar_id__isnull=False)),
        read_by("client_id", "audit_of_client", models.Q(client_id__isnull=False)),
        read_by("agency_id", "audit_of_agency", models.Q(agency_id__isnull=False)),
        read_by("actor_id", "audit_of_actor"),
        read_by("action", "audit_of_action"),
        read_by("subject_id", "audit_of_subject", ~models.Q(subject_id="")),
    ]
