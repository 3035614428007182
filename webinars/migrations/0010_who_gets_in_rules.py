from django.db import migrations

# What belongs to a client says so with its agency, and what belongs to a webinar or a campaign carries its tenant keys,
# held by composite foreign keys as in 0002.
CLIENT = "FOREIGN KEY (client_id, agency_id) REFERENCES clients (id, agency_id)"
WEBINAR = "FOREIGN KEY (webinar_id, client_id, agency_id) REFERENCES webinars (id, client_id, agency_id)"
CAMPAIGN = "FOREIGN KEY ({column}, client_id, agency_id) REFERENCES event_survey_campaigns (id, client_id, agency_id)"

# What people agreed to stays as they read it, and what they answered as they answered it.
STAYS_AS_IT_WAS = """
CREATE FUNCTION consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what people agreed to is not changed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER consent_version_stays BEFORE UPDATE ON consent_versions
    FOR EACH ROW EXECUTE FUNCTION consent_stays();
CREATE TRIGGER consent_given_stays BEFORE UPDATE ON consents_given
    FOR EACH ROW EXECUTE FUNCTION consent_stays();
"""
MAY_CHANGE = """
DROP TRIGGER consent_given_stays ON consents_given;
DROP TRIGGER consent_version_stays ON consent_versions;
DROP FUNCTION consent_stays();
"""


def keys(table: str, name: str, reference: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {reference} ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("webinars", "0009_who_gets_in")]

    operations = [
        keys("webinar_allowed_emails", "webinar_allowed_emails_tenant", WEBINAR),
        keys("event_survey_campaigns", "campaign_client_tenant", CLIENT),
        keys("event_survey_entries", "event_survey_entries_tenant", CAMPAIGN.format(column="campaign_id")),
        keys("webinars", "webinar_campaign_tenant", CAMPAIGN.format(column="registration_campaign_id")),
        keys("consent_texts", "consent_text_client_tenant", CLIENT),
        keys("consent_texts", "consent_text_campaign_tenant", CAMPAIGN.format(column="campaign_id")),
        keys("consents_given", "consent_given_webinar_tenant", WEBINAR),
        keys("consents_given", "consent_given_campaign_tenant", CAMPAIGN.format(column="campaign_id")),
        keys("client_invitations", "invitation_client_tenant", CLIENT),
        migrations.RunSQL(STAYS_AS_IT_WAS, MAY_CHANGE),
    ]
