import django.contrib.postgres.fields
from django.db import migrations, models

# Whoever may write to the tables may add an entry, and nobody changes one (spec 13).
AUDIT_STAYS = """
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit log are neither changed nor deleted' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_stays();
"""
AUDIT_MAY_GO = """
DROP TRIGGER audit_entry_stays ON audit_log;
DROP FUNCTION audit_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0004_not_ended"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("action", models.CharField(max_length=40, verbose_name="act")),
                ("actor_id", models.UUIDField(null=True, verbose_name="by")),
                ("agency_id", models.UUIDField(null=True)),
                ("client_id", models.UUIDField(null=True)),
                ("webinar_id", models.UUIDField(null=True)),
                ("subject_type", models.CharField(blank=True, max_length=20, verbose_name="on what")),
                ("subject_id", models.CharField(blank=True, max_length=64)),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "db_table": "audit_log",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="chatroom",
            name="last_changed_seq",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="message",
            name="changed_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="registration",
            name="muted_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="muted until"),
        ),
        migrations.AddField(
            model_name="webinar",
            name="blocked_words",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=50),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="blocked words",
            ),
        ),
        migrations.AddField(
            model_name="webinar",
            name="chat_slow_seconds",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (0, "Off"),
                    (5, "5 seconds"),
                    (10, "10 seconds"),
                    (30, "30 seconds"),
                    (60, "1 minute"),
                    (300, "5 minutes"),
                ],
                db_default=0,
                default=0,
                verbose_name="slow mode",
            ),
        ),
        migrations.AddField(
            model_name="webinar",
            name="notice",
            field=models.CharField(blank=True, db_default="", max_length=1000, verbose_name="notice"),
        ),
        migrations.AddField(
            model_name="webinar",
            name="notice_author",
            field=models.CharField(blank=True, db_default="", max_length=100),
        ),
        migrations.AddField(
            model_name="webinar",
            name="notice_message_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="webinar",
            name="notice_set_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="webinar",
            name="questions_moderated",
            field=models.BooleanField(db_default=True, default=True, verbose_name="questions are published by a host"),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(
                condition=models.Q(("muted_until__isnull", False), ("banned_at__isnull", False), _connector="OR"),
                fields=["webinar"],
                name="registration_silenced",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("changed_seq__isnull", False)),
                fields=("webinar", "changed_seq"),
                name="message_changed_seq_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("changed_seq__isnull", True), ("changed_seq__gt", 0), _connector="OR"),
                name="message_changed_seq_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="webinar",
            constraint=models.CheckConstraint(
                condition=models.Q(("chat_slow_seconds__in", [0, 5, 10, 30, 60, 300])), name="webinar_slow_mode"
            ),
        ),
        migrations.AddConstraint(
            model_name="webinar",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("notice", ""), ("notice_author", ""), ("notice_message_id", None), ("notice_set_at", None)
                    ),
                    models.Q(models.Q(("notice", ""), _negated=True), ("notice_set_at__isnull", False)),
                    _connector="OR",
                ),
                name="webinar_notice_is_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["webinar_id", "-id"], name="audit_of_webinar"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["client_id", "-id"], name="audit_of_client"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["agency_id", "-id"], name="audit_of_agency"),
        ),
        migrations.AddConstraint(
            model_name="auditentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("action", ""), _negated=True), name="audit_action_not_empty"
            ),
        ),
        migrations.RunSQL(AUDIT_STAYS, AUDIT_MAY_GO),
    ]
