"""What is asked of the attendance table, and the place in it from which a page goes on (spec 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from stats.sql.attendance import SORTS, Order

LONGEST_PAGE = 200
PLACES_LAST = timedelta(days=1)
SALT = "attendance-page"


class AttendanceParams(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=LONGEST_PAGE, default=50)
    sort = serializers.ChoiceField(
        choices=[*SORTS, *(f"-{name}" for name in SORTS)],
        default="-uniqueSeconds",
        help_text="A column, `-` before it for the largest first. People who are equal in it follow by their id.",
    )
    q = serializers.CharField(
        max_length=254, default="", allow_blank=True, help_text="Part of a name or an email address, in any case."
    )
    minPercent = serializers.DecimalField(
        max_digits=4,
        decimal_places=1,
        min_value=0,
        max_value=100,
        default=None,
        help_text="Only people who were there for this share of the window or longer.",
    )
    after = serializers.CharField(max_length=1000, default=None, help_text="From `next` of the page before.")


class Place(NamedTuple):
    """The last row of a page. The pages that follow it count to the same moment, from the same source: the seal, or
    the ledger when there was none.

    `value` is what the row is sorted by; a name or an address only as `mark_of`, as whoever has the page's address can
    read what is signed.
    """

    webinar_id: UUID
    sort: str
    value: str | None
    tie: str
    as_of: datetime
    seal_id: UUID | None

    def signed(self) -> str:
        """Signed, so that nothing else than what a page answered comes back; good for a day."""
        fields = [self.webinar_id, self.sort, self.value, self.tie, self.as_of.isoformat(), self.seal_id or ""]
        return signing.dumps([field if field is None else str(field) for field in fields], salt=SALT)

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises ValidationError for anything but a place that was signed."""
        try:
            webinar_id, sort, value, tie, as_of, seal_id = signing.loads(text, salt=SALT, max_age=PLACES_LAST)
        except (signing.BadSignature, TypeError, ValueError) as error:
            raise bad_place() from error
        return cls(
            UUID(webinar_id), sort, value, tie, datetime.fromisoformat(as_of), UUID(seal_id) if seal_id else None
        )


def mark_of(text: str, erased: int) -> str:
    """Says whether a name or an address is what it was, and whether others of the seal were erased, and not what."""
    return salted_hmac(SALT, f"{erased} {text}", algorithm="sha256").hexdigest()


def is_marked(mark: str | None, text: str, erased: int) -> bool:
    return mark is not None and constant_time_compare(mark, mark_of(text, erased))


def bad_place() -> serializers.ValidationError:
    return serializers.ValidationError(
        {"after": [_("This page is not there any more. Please begin again from the first.")]}
    )


@dataclass(frozen=True)
class AttendanceQuery:
    """`sort` is a name of `stats.sql.attendance.SORTS`, with "-" before it for descending; `min_percent` and `q`
    narrow the rows, never the totals; `after` is what `next` of the page before said."""

    limit: int = 50
    sort: str = "-uniqueSeconds"
    q: str = ""
    min_percent: Decimal | None = None
    after: str | None = None

    @classmethod
    def parse(cls, query_params: Mapping[str, Any]) -> Self:
        """Raises ValidationError that names the fields."""
        params = AttendanceParams(data={name: query_params[name] for name in query_params})
        params.is_valid(raise_exception=True)
        data = params.validated_data
        query = cls(data["limit"], data["sort"], data["q"], data["minPercent"], data["after"])
        if query.place is not None and query.place.sort != query.sort:
            raise bad_place()
        return query

    @cached_property
    def place(self) -> Place | None:
        """Raises ValidationError when `after` is not what a page answered."""
        return Place.read(self.after) if self.after is not None else None

    @property
    def order(self) -> Order:
        return Order(
            self.sort.removeprefix("-"),
            descending=self.sort.startswith("-"),
            is_searched=self.q != "",
            is_next=self.after is not None,
        )

    @property
    def narrowing(self) -> dict[str, Any]:
        """Of the statements' params, those that choose the rows."""
        place = self.place
        return {
            "q": self.q,
            "min_percent": self.min_percent,
            "value": place.value if place else None,
            "tie": place.tie if place else None,
        }

    def params(self) -> dict[str, str]:
        """As a caller would write it, without `after`."""
        given: dict[str, Any] = {"limit": self.limit, "sort": self.sort, "q": self.q, "minPercent": self.min_percent}
        return {name: str(value) for name, value in given.items() if value not in ("", None)}
