import uuid

import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import presence.models.fields

TENANT = """
ALTER TABLE attendance_seals ADD CONSTRAINT attendance_seals_tenant
    FOREIGN KEY (webinar_id, client_id, agency_id) REFERENCES webinars (id, client_id, agency_id)
    DEFERRABLE INITIALLY DEFERRED
"""

# Whoever holds the database's own administrator rights can take these rules away; what was changed then no longer
# matches its hash, nor the seals that follow it (`manage.py verify_attendance`).
STAYS = """
CREATE FUNCTION sealed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sealed attendance cannot be changed or removed'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'sealed_stays', TABLE = TG_TABLE_NAME;
END $$;

CREATE FUNCTION sealed_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    personal CONSTANT text[] := ARRAY['user_id', 'display_name', 'email', 'identity_salt'];
BEGIN
    IF NEW.user_id IS NULL AND NEW.display_name = '' AND NEW.email = '' AND NEW.identity_salt = ''
       AND to_jsonb(NEW) - personal = to_jsonb(OLD) - personal THEN
        RETURN NEW;  -- a person was erased
    END IF;
    RAISE EXCEPTION 'sealed attendance cannot be changed or removed'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'sealed_stays', TABLE = TG_TABLE_NAME;
END $$;

-- Rows are written before the header that seals them, in one transaction; none is added to it later.
CREATE FUNCTION sealed_rows_are_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN attendance_seals s ON s.id = added.seal_id) THEN
        RAISE EXCEPTION 'sealed attendance cannot be added to'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'sealed_stays', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER seal_stays BEFORE UPDATE OR DELETE ON attendance_seals
    FOR EACH ROW EXECUTE FUNCTION sealed_stays();
CREATE TRIGGER seal_stays_whole BEFORE TRUNCATE ON attendance_seals
    FOR EACH STATEMENT EXECUTE FUNCTION sealed_stays();
CREATE TRIGGER sealed_row_stays BEFORE UPDATE ON sealed_attendance
    FOR EACH ROW EXECUTE FUNCTION sealed_rows_stay();
CREATE TRIGGER sealed_row_is_kept BEFORE DELETE ON sealed_attendance
    FOR EACH ROW EXECUTE FUNCTION sealed_stays();
CREATE TRIGGER sealed_rows_stay_whole BEFORE TRUNCATE ON sealed_attendance
    FOR EACH STATEMENT EXECUTE FUNCTION sealed_stays();
CREATE TRIGGER sealed_rows_are_complete AFTER INSERT ON sealed_attendance
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION sealed_rows_are_complete();
"""

# A page that enters at the very instant at which attendance is sealed: it is either in the seal or refused. Checked at
# commit, after the foreign key took its lock on the webinar's row (triggers fire in the order of their names), which
# sealing holds: whoever gets it second sees what the first did.
CLOSED = """
CREATE FUNCTION session_before_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM attendance_seals s WHERE s.webinar_id = NEW.webinar_id) THEN
        RAISE EXCEPTION 'the attendance of this webinar is sealed'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'session_before_seal', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER session_before_seal AFTER INSERT ON webinar_user_sessions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION session_before_seal();
"""
UNDO = """
DROP TRIGGER session_before_seal ON webinar_user_sessions;
DROP TRIGGER sealed_rows_are_complete ON sealed_attendance;
DROP TRIGGER sealed_rows_stay_whole ON sealed_attendance;
DROP TRIGGER sealed_row_is_kept ON sealed_attendance;
DROP TRIGGER sealed_row_stays ON sealed_attendance;
DROP TRIGGER seal_stays_whole ON attendance_seals;
DROP TRIGGER seal_stays ON attendance_seals;
DROP FUNCTION session_before_seal, sealed_rows_are_complete, sealed_rows_stay, sealed_stays;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("stats", "0003_schedule"),
        ("presence", "0004_silent_ranges"),
        ("webinars", "0002_tenant_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AttendanceSeal",
            fields=[
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("sealed_at", models.DateTimeField(verbose_name="sealed")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                ("window_start", models.DateTimeField(verbose_name="window from")),
                ("window_end", models.DateTimeField(verbose_name="window to")),
                ("intervals", models.JSONField(verbose_name="intervals")),
                ("definitions_version", models.PositiveIntegerField(verbose_name="version of the definitions")),
                ("definitions", models.JSONField(verbose_name="definitions")),
                ("software_version", models.CharField(max_length=50, verbose_name="software version")),
                ("people_count", models.PositiveIntegerField(verbose_name="people")),
                ("totals", models.JSONField(verbose_name="totals")),
                ("position", models.PositiveIntegerField(verbose_name="position in the client's chain")),
                (
                    "previous_sha256",
                    models.CharField(blank=True, max_length=64, verbose_name="previous seal's SHA-256"),
                ),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
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
                    "author",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
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
                    "webinar",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attendance_seals",
                        to="webinars.webinar",
                        verbose_name="webinar",
                    ),
                ),
            ],
            options={
                "verbose_name": "sealed attendance",
                "verbose_name_plural": "sealed attendance",
                "db_table": "attendance_seals",
            },
        ),
        migrations.CreateModel(
            name="SealedAttendance",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "seal_id", "row", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("row", models.PositiveIntegerField(verbose_name="row")),
                ("display_name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="email")),
                ("identity_salt", models.CharField(blank=True, max_length=64, verbose_name="salt")),
                ("identity_digest", models.CharField(max_length=64, verbose_name="identity digest")),
                ("session_count", models.IntegerField(verbose_name="pages")),
                ("first_entered", models.DateTimeField(null=True, verbose_name="first entered")),
                ("last_exited", models.DateTimeField(null=True, verbose_name="last left")),
                ("connected_seconds", models.IntegerField(verbose_name="connected")),
                ("unique_seconds", models.IntegerField(verbose_name="unique")),
                ("visible_seconds", models.IntegerField(verbose_name="visible")),
                ("overlap_seconds", models.IntegerField(verbose_name="overlap")),
                ("uncertainty_seconds", models.IntegerField(verbose_name="uncertainty")),
                (
                    "attendance_percent",
                    models.DecimalField(decimal_places=1, max_digits=4, null=True, verbose_name="attendance"),
                ),
                (
                    "present_ranges",
                    presence.models.fields.TimestampMultiRangeField(
                        db_default=presence.models.fields.NO_RANGES, default=list, verbose_name="present"
                    ),
                ),
                (
                    "visible_ranges",
                    presence.models.fields.TimestampMultiRangeField(
                        db_default=presence.models.fields.NO_RANGES, default=list, verbose_name="in front"
                    ),
                ),
                ("sessions_digest", models.CharField(max_length=64, verbose_name="digest of the sessions")),
                (
                    "seal",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="stats.attendanceseal",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "sealed row",
                "verbose_name_plural": "sealed rows",
                "db_table": "sealed_attendance",
            },
        ),
        migrations.AddConstraint(
            model_name="attendanceseal",
            constraint=models.UniqueConstraint(fields=("webinar", "version"), name="seal_version_unique"),
        ),
        migrations.AddConstraint(
            model_name="attendanceseal",
            constraint=models.UniqueConstraint(fields=("client", "position"), name="seal_position_unique"),
        ),
        migrations.AddConstraint(
            model_name="attendanceseal",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1), ("position__gte", 1)), name="seal_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="attendanceseal",
            constraint=models.CheckConstraint(
                condition=models.Q(("version", 1), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="seal_correction_has_reason",
                violation_error_message="Say why the sealed attendance is corrected.",
            ),
        ),
        migrations.AddConstraint(
            model_name="attendanceseal",
            constraint=models.CheckConstraint(
                condition=models.Q(("window_end__gte", models.F("window_start"))), name="seal_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="attendanceseal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sha256__regex", "^[0-9a-f]{64}$"),
                    models.Q(
                        models.Q(("position", 1), ("previous_sha256", "")),
                        models.Q(("position__gt", 1), ("previous_sha256__regex", "^[0-9a-f]{64}$")),
                        _connector="OR",
                    ),
                ),
                name="seal_chained",
            ),
        ),
        migrations.AddIndex(
            model_name="sealedattendance",
            index=models.Index(fields=["user"], name="sealed_of_person"),
        ),
        migrations.AddConstraint(
            model_name="sealedattendance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("connected_seconds__gte", models.F("unique_seconds")),
                    ("unique_seconds__gte", models.F("overlap_seconds")),
                    ("overlap_seconds__gte", 0),
                    ("visible_seconds__gte", 0),
                    ("uncertainty_seconds__gte", 0),
                ),
                name="sealed_figures_consistent",
            ),
        ),
        migrations.RunSQL(TENANT, "ALTER TABLE attendance_seals DROP CONSTRAINT attendance_seals_tenant"),
        migrations.RunSQL([STAYS, CLOSED], UNDO),
    ]
