"""What a section of the statistics is (spec 6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, FloatField
from django.utils.functional import Promise

from webinars.models import Webinar

CACHE_SECONDS = 5


@dataclass(frozen=True)
class Section:
    """Figures of one webinar, each with its definition.

    `figures(webinar, now, may_see_personal)` answers values that can be cached and written as JSON, and leaves out
    what takes the right to personal data. Texts are translated when they are shown, so `figures` holds none.
    They are kept for `seconds_when_over` once the webinar has ended and nobody can come any more. Where some of them
    name people (`names_people`), who reads them is on record.
    """

    name: str
    title: Promise
    figures: Callable[[Webinar, datetime, bool], dict[str, Any]]
    definitions: Mapping[str, Promise]
    seconds_when_over: int = CACHE_SECONDS
    names_people: bool = False


class Median(Aggregate):
    """The middle value, or halfway between the two in the middle; None of nothing. Nulls do not count."""

    name = "Median"
    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()
