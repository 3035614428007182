from django.db import migrations

# Who was registered is part of what a seal says, so none of those registrations can be taken away any more. One that
# was made later is none of the seal's.
STAY = """
CREATE FUNCTION registration_stays_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM attendance_seals s
               WHERE s.webinar_id = OLD.webinar_id AND s.sealed_at >= OLD.registered_at) THEN
        RAISE EXCEPTION 'the attendance of this webinar is sealed'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'registration_stays_sealed', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER registration_stays_sealed BEFORE DELETE ON registrations
    FOR EACH ROW EXECUTE FUNCTION registration_stays_sealed();
"""
UNDO = """
DROP TRIGGER registration_stays_sealed ON registrations;
DROP FUNCTION registration_stays_sealed;
"""


class Migration(migrations.Migration):
    dependencies = [("stats", "0012_kinds_of_exports")]

    operations = [migrations.RunSQL(STAY, UNDO)]
