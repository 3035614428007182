from typing import Any

from django.db import models
from django.db.models.functions import Cast
from psycopg.types.multirange import TimestamptzMultirange


class TimestampMultiRangeField(models.Field):
    """A PostgreSQL `tstzmultirange`: a set of stretches of time, kept merged by the database.

    Python value: `psycopg.types.multirange.Multirange` of timezone-aware datetimes. Written by SQL only.
    """

    def db_type(self, connection: Any) -> str:
        return "tstzmultirange"

    def get_prep_value(self, value: Any) -> Any:
        return TimestamptzMultirange(value) if isinstance(value, (list, tuple)) else value


# For rows that statements insert without naming the column.
NO_RANGES = Cast(models.Value("{}"), TimestampMultiRangeField())


class EpochSeconds(models.Func):
    """Seconds of an interval, to the microsecond."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)"
    output_field = models.DecimalField(max_digits=15, decimal_places=6)
