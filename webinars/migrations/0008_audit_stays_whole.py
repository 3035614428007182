from django.db import migrations

# Nor is the log emptied, as sealed attendance is not (spec 13).
STAYS_WHOLE = """
CREATE TRIGGER audit_log_stays_whole BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
"""
MAY_BE_EMPTIED = "DROP TRIGGER audit_log_stays_whole ON audit_log;"


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0007_most_voted_questions"),
    ]

    operations = [migrations.RunSQL(STAYS_WHOLE, MAY_BE_EMPTIED)]
