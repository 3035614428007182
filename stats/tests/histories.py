"""Long histories without the years: buckets and summaries as the minute job would have left them."""

from stats.models import AccessLog, AccessSummary


def add_buckets(webinar, buckets):
    """(start, samples, sum, most) each."""
    AccessLog.objects.bulk_create(
        AccessLog(
            webinar=webinar,
            client=webinar.client,
            agency=webinar.agency,
            time_bucket=start,
            sample_count=samples,
            sum_participants=total,
            min_participants=0,
            max_participants=most,
            last_participants=0,
            first_sample_at=start,
            last_sample_at=start,
        )
        for start, samples, total, most in buckets
    )


def summary_of(webinar, **fields):
    return AccessSummary.objects.create(webinar=webinar, client=webinar.client, agency=webinar.agency, **fields)
