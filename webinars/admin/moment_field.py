from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from webinars.local_times import moments_of

FIRST_YEAR, LAST_YEAR = 2000, 2199


class MomentField(forms.SplitDateTimeField):
    """A date and a time on the clocks of the current zone, which the console sets to the webinar's.

    Of a time that the clocks show twice, as summer time ends, the first is meant; one that they skip is refused.
    """

    default_error_messages = {
        **forms.SplitDateTimeField.default_error_messages,
        "skipped": _("The clocks in %(zone)s skip %(time)s on this day. Choose an earlier or a later time."),
        "year": _("Enter a year from %(first)s to %(last)s."),
    }

    def compress(self, data_list: tuple[Any, Any] | None) -> datetime | None:
        if not data_list:
            return None
        day, time = data_list
        if day in self.empty_values:
            raise ValidationError(self.error_messages["invalid_date"], code="invalid_date")
        if time in self.empty_values:
            raise ValidationError(self.error_messages["invalid_time"], code="invalid_time")
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            years = {"first": FIRST_YEAR, "last": LAST_YEAR}
            raise ValidationError(self.error_messages["year"], code="year", params=years)
        zone: Any = timezone.get_current_timezone()
        moments = moments_of(datetime.combine(day, time), zone)
        if not moments:
            shown = {"zone": zone.key, "time": time_format(time, "H:i")}
            raise ValidationError(self.error_messages["skipped"], code="skipped", params=shown)
        return moments[0]
