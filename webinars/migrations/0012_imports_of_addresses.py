import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

WEBINAR = "FOREIGN KEY (webinar_id, client_id, agency_id) REFERENCES webinars (id, client_id, agency_id)"
TENANT = "webinar_allowed_email_imports_tenant"


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0011_audit_readers"),
    ]

    operations = [
        migrations.CreateModel(
            name="AllowedEmailImport",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="when")),
                (
                    "source",
                    models.CharField(
                        choices=[("paste", "Pasted"), ("csv", "CSV file"), ("xlsx", "Excel file")],
                        max_length=5,
                        verbose_name="from",
                    ),
                ),
                ("added", models.PositiveIntegerField(default=0, verbose_name="added")),
                ("known", models.PositiveIntegerField(default=0, verbose_name="on the list already")),
                ("repeated", models.PositiveIntegerField(default=0, verbose_name="repeated")),
                ("rejected", models.PositiveIntegerField(default=0, verbose_name="rejected")),
                ("taken_back_at", models.DateTimeField(blank=True, null=True, verbose_name="taken back")),
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
                    "imported_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "webinar",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="webinars.webinar",
                    ),
                ),
            ],
            options={
                "verbose_name": "import of addresses",
                "verbose_name_plural": "imports of addresses",
                "db_table": "webinar_allowed_email_imports",
            },
        ),
        migrations.CreateModel(
            name="AllowedEmailLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(verbose_name="line")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("known", "On the list already"), ("repeated", "Repeated"), ("rejected", "Rejected")],
                        max_length=8,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("text", models.CharField(blank=True, max_length=200)),
                (
                    "of",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="webinars.allowedemailimport",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an import",
                "verbose_name_plural": "lines of imports",
                "db_table": "webinar_allowed_email_lines",
                "ordering": ["line", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="allowedemailimport",
            constraint=models.UniqueConstraint(fields=("webinar", "at"), name="allowed_email_import_moment"),
        ),
        migrations.AddConstraint(
            model_name="allowedemailimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["paste", "csv", "xlsx"])), name="allowed_email_import_source"
            ),
        ),
        migrations.AddIndex(
            model_name="allowedemailline",
            index=models.Index(fields=["of", "outcome", "line", "id"], name="allowed_email_line_of_import"),
        ),
        migrations.AddConstraint(
            model_name="allowedemailline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__in", ["known", "repeated"]), ("problem", "")),
                    models.Q(("outcome", "rejected"), models.Q(("problem", ""), _negated=True)),
                    _connector="OR",
                ),
                name="allowed_email_line_outcome",
            ),
        ),
        migrations.RunSQL(
            f"ALTER TABLE webinar_allowed_email_imports ADD CONSTRAINT {TENANT} {WEBINAR}"
            " ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
            f"ALTER TABLE webinar_allowed_email_imports DROP CONSTRAINT {TENANT}",
        ),
    ]
