from django.db import migrations

# A webinar's agency is its client's agency, and a row below a webinar carries the webinar's own tenant keys: held by
# composite foreign keys, which follow when a client or webinar changes hands.
CLIENT_OF_AGENCY = """
ALTER TABLE clients ADD CONSTRAINT client_tenant UNIQUE (id, agency_id);
ALTER TABLE webinars ADD CONSTRAINT webinar_client_tenant
    FOREIGN KEY (client_id, agency_id) REFERENCES clients (id, agency_id)
    ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_CLIENT_OF_AGENCY = """
ALTER TABLE webinars DROP CONSTRAINT webinar_client_tenant;
ALTER TABLE clients DROP CONSTRAINT client_tenant;
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
    dependencies = [("webinars", "0001_initial")]

    operations = [
        migrations.RunSQL(CLIENT_OF_AGENCY, UNDO_CLIENT_OF_AGENCY),
        tenant_keys("registrations"),
        tenant_keys("messages"),
    ]
