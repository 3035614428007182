from django.db import migrations

# People are looked up by the address as it is typed, in lower case; what the console once took as it came is so too.
LOWER = "UPDATE users SET email = lower(email) WHERE email <> lower(email)"


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0012_imports_of_addresses"),
    ]

    operations = [migrations.RunSQL(LOWER, migrations.RunSQL.noop)]
