from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stats", "0001_initial"), ("webinars", "0002_tenant_keys")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE webinar_access_logs ADD CONSTRAINT webinar_access_logs_tenant
                FOREIGN KEY (webinar_id, client_id, agency_id) REFERENCES webinars (id, client_id, agency_id)
                ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
            """,
            "ALTER TABLE webinar_access_logs DROP CONSTRAINT webinar_access_logs_tenant",
        )
    ]
