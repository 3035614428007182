from django.db import migrations

# Heartbeats update these rows in place (heap-only) while a page has room for the next version of a row.
STORAGE = """
ALTER TABLE webinar_live_presence SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE webinar_user_sessions SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
"""
UNDO_STORAGE = """
ALTER TABLE webinar_live_presence RESET (fillfactor, autovacuum_vacuum_scale_factor);
ALTER TABLE webinar_user_sessions RESET (fillfactor, autovacuum_vacuum_scale_factor);
"""


def tenant_keys(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ADD CONSTRAINT {table}_tenant
            FOREIGN KEY (webinar_id, client_id, agency_id) REFERENCES webinars (id, client_id, agency_id)
            ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
        """,
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant",
    )


class Migration(migrations.Migration):
    dependencies = [("presence", "0001_initial"), ("webinars", "0002_tenant_keys")]

    operations = [
        tenant_keys("webinar_live_presence"),
        tenant_keys("webinar_user_sessions"),
        migrations.RunSQL(STORAGE, UNDO_STORAGE),
    ]
