import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TENANT = """
ALTER TABLE exports ADD CONSTRAINT exports_tenant
    FOREIGN KEY (webinar_id, client_id, agency_id) REFERENCES webinars (id, client_id, agency_id)
    ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
"""


def schedule(apps, schema_editor):
    """A default only: a job that is there already keeps what was edited. Exports are written when they are asked for;
    this finds those that a killed worker, or a broker that was away, left behind."""
    crontab, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="*", hour="*", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        task="stats.write_waiting_exports",
        defaults={"name": "Write the exports that are waiting", "crontab": crontab, "expire_seconds": 55},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0007_seal_schedule"),
        ("webinars", "0004_not_ended"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "format",
                    models.CharField(choices=[("csv", "CSV"), ("xlsx", "XLSX")], max_length=4, verbose_name="format"),
                ),
                ("query", models.JSONField(default=dict, verbose_name="query")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("personal", models.BooleanField(verbose_name="with personal data")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Being written"),
                            ("done", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("claim", models.UUIDField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("heartbeat_at", models.DateTimeField(null=True, verbose_name="last heard from")),
                ("rows_done", models.PositiveIntegerField(default=0, verbose_name="rows written")),
                ("rows_total", models.PositiveIntegerField(null=True, verbose_name="rows in all")),
                ("file", models.CharField(blank=True, max_length=200, verbose_name="file")),
                ("file_name", models.CharField(blank=True, max_length=200, verbose_name="file name")),
                ("size", models.PositiveBigIntegerField(null=True, verbose_name="size")),
                ("error_code", models.CharField(blank=True, max_length=30, verbose_name="error")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                (
                    "agency",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="webinars.agency",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="webinars.client",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
                (
                    "webinar",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="webinars.webinar",
                        verbose_name="webinar",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
                "db_table": "exports",
                "indexes": [
                    models.Index(fields=["requested_by", "created_at"], name="export_of_person"),
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["created_at"],
                        name="export_under_way",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("format__in", ["csv", "xlsx"])), name="export_format"),
                    models.CheckConstraint(condition=models.Q(("language__in", ["ko", "en"])), name="export_language"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("claim", None),
                                ("error_code", ""),
                                ("file", ""),
                                ("finished_at", None),
                                ("heartbeat_at", None),
                                ("state", "queued"),
                            ),
                            models.Q(
                                ("claim__isnull", False),
                                ("error_code", ""),
                                ("file", ""),
                                ("finished_at", None),
                                ("heartbeat_at__isnull", False),
                                ("started_at__isnull", False),
                                ("state", "running"),
                            ),
                            models.Q(
                                ("claim", None),
                                ("error_code", ""),
                                ("finished_at__isnull", False),
                                ("size__isnull", False),
                                ("state", "done"),
                                models.Q(("file", ""), _negated=True),
                                models.Q(("file_name", ""), _negated=True),
                            ),
                            models.Q(
                                ("claim", None),
                                ("file", ""),
                                ("finished_at__isnull", False),
                                ("state", "failed"),
                                models.Q(("error_code", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="export_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rows_total", None), ("rows_done__lte", models.F("rows_total")), _connector="OR"
                        ),
                        name="export_rows_done",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TENANT, "ALTER TABLE exports DROP CONSTRAINT exports_tenant"),
        migrations.RunPython(schedule, migrations.RunPython.noop),
    ]
