"""The attendance table (spec 6, 7): everybody's figures, sorted, searched and read page by page.

Around the ledger's one pass (`presence/sql/ledger.py`) while the webinar is open; over the sealed rows after. What
varies in the texts is chosen from the constants below; everything a caller gives is a parameter.
"""

from typing import Any, NamedTuple

from presence.sql.ledger import FIGURE_COLUMNS, FIGURES, SELECT_GUESTS, Figures, GuestFigures
from webinars.tombstones import PEOPLE_WITHOUT_TOMBSTONES


class Sort(NamedTuple):
    """What a page is sorted by, upwards and downwards: never null, so that what is missing comes last both ways."""

    up: str
    down: str
    kind: str


def _moment(column: str) -> Sort:
    return Sort(f"coalesce({column}, 'infinity')", f"coalesce({column}, '-infinity')", "timestamptz")


def _number(column: str) -> Sort:
    return Sort(column, column, "int")


SORTS: dict[str, Sort] = {
    "displayName": Sort("lower(display_name)", "lower(display_name)", "text"),
    "email": Sort("lower(email)", "lower(email)", "text"),
    "connectedSeconds": _number("connected_seconds"),
    "uniqueSeconds": _number("unique_seconds"),
    "visibleSeconds": _number("visible_seconds"),
    "firstEntered": _moment("first_entered"),
    "lastExited": _moment("last_exited"),
    "sessionCount": _number("session_count"),
    "overlapSeconds": _number("overlap_seconds"),
    # Null for everybody or for nobody.
    "attendancePercent": Sort("coalesce(attendance_percent, 0)", "coalesce(attendance_percent, 0)", "numeric"),
    "uncertaintySeconds": _number("uncertainty_seconds"),
}


# Part of a name or an address, in any case. Nothing in what is searched for has a meaning of its own.
FOUND = "(strpos(lower(display_name), lower(%(q)s)) > 0 OR strpos(lower(email), lower(%(q)s)) > 0)"
LONG_ENOUGH = "(%(min_percent)s::numeric IS NULL OR attendance_percent >= %(min_percent)s::numeric)"


class Order(NamedTuple):
    """A sort, whether names are searched (the param `q`), and whether a page follows another (the params `value` and
    `tie` are that one's last row)."""

    sort: str
    descending: bool
    is_searched: bool = False
    is_next: bool = False

    @property
    def expression(self) -> str:
        return SORTS[self.sort].down if self.descending else SORTS[self.sort].up

    @property
    def is_text(self) -> bool:
        return SORTS[self.sort].kind == "text"

    @property
    def direction(self) -> str:
        return "DESC" if self.descending else "ASC"

    def by(self, tie: str) -> str:
        return f"{self.expression} {self.direction}, {tie} {self.direction}"

    def chosen(self, tie: str, *, kind: str, found: str) -> str:
        """The condition of the rows to read. Names and addresses are not kept in the address of a page, but looked up
        again by `found`; whether they are what they were, `select_place` says."""
        filters = f"{LONG_ENOUGH} AND {FOUND}" if self.is_searched else LONG_ENOUGH
        if not self.is_next:
            return filters
        value = f"(SELECT {self.expression} FROM {found})" if self.is_text else f"%(value)s::{SORTS[self.sort].kind}"
        relation = "<" if self.descending else ">"
        return f"{filters} AND ({self.expression}, {tie}) {relation} ({value}, %(tie)s::{kind})"

    @property
    def by_place(self) -> str:
        return f"place {self.direction}, tie {self.direction}"

    @property
    def key(self) -> str:
        """A row's place in the table."""
        return f"{self.expression}::text"


class People(NamedTuple):
    """Sums over everybody's rounded rows."""

    people: int
    attended: int
    connected_seconds: int
    unique_seconds: int
    visible_seconds: int
    overlap_seconds: int
    uncertainty_seconds: int


SUMMED = ", ".join(f"coalesce(sum({column}), 0)::bigint AS {column}" for column in People._fields[2:])
TOTALS = f"""totals AS (
    SELECT count(*)::int AS people, count(*) FILTER (WHERE session_count > 0)::int AS attended, {SUMMED}
    FROM figures
), guests ({", ".join(GuestFigures._fields)}) AS ({SELECT_GUESTS}
)"""
TOTAL_COLUMNS = ", ".join(
    [*(f"totals.{column}" for column in People._fields), *(f"guests.{column}" for column in GuestFigures._fields)]
)
SELECT_TOTALS = f"WITH {FIGURES}, {TOTALS} SELECT {TOTAL_COLUMNS} FROM totals CROSS JOIN guests"


class Row(NamedTuple):
    """A line of the table. `value` and `tie` are its place in it."""

    figures: Figures
    display_name: str | None
    email: str | None
    registered_at: Any
    value: str | None
    tie: str

    @classmethod
    def of(cls, columns: tuple[Any, ...]) -> "Row":
        count = len(Figures._fields)
        return cls(Figures(*columns[:count]), *columns[count : count + 5])


ROW_COLUMNS = f"{FIGURE_COLUMNS}, display_name, email, registered_at, value, tie"


def select_rows(order: Order) -> str:
    """The rows of the whole table or, with a `limit`, the first of them.

    ORM equivalent: none in one pass (presence/sql/ledger.py). Index: session_of_person, users_pkey,
    registration_unique. Cost: the ledger's pass; sorting by a name and searching join everybody's names.
    """
    return f"WITH {FIGURES}, {_rows(order)} SELECT {ROW_COLUMNS} FROM page ORDER BY {order.by_place}"


def select_page(order: Order) -> str:
    """The totals, the guests' figures, and the rows of one page beside them: one row at least, its `tie` null when
    the page is empty. ORM equivalent, index and cost as above."""
    return f"""
WITH {FIGURES}, {TOTALS}, {_rows(order)}
SELECT {TOTAL_COLUMNS}, {", ".join(f"page.{column}" for column in ROW_COLUMNS.split(", "))}
FROM totals CROSS JOIN guests LEFT JOIN page ON true ORDER BY {order.by_place}"""


# The last row of the page before, when pages are sorted by what is in it.
PERSON = f"{PEOPLE_WITHOUT_TOMBSTONES} AS person WHERE id = %(tie)s::uuid"
SEALED_PERSON = "sealed_attendance WHERE seal_id = %(seal_id)s AND row = %(tie)s::int"

# How many of a seal were erased: each of them stands elsewhere among the names since.
# ORM equivalent: SealedAttendance.objects.filter(seal=…, user=None).count(). Index: sealed_of_person, or its rows.
COUNT_ERASED = "SELECT count(*)::int FROM sealed_attendance WHERE seal_id = %(seal_id)s AND user_id IS NULL"


def select_place(order: Order, *, sealed: bool) -> str:
    """What a page's last row is sorted by now, and how many of the seal were erased. One row; none if there is no such
    row any more. ORM equivalent: a get. Index: users_pkey, sealed_attendance_pkey."""
    return f"SELECT {order.key}, {f'({COUNT_ERASED})' if sealed else '0'} FROM {SEALED_PERSON if sealed else PERSON}"


def _rows(order: Order) -> str:
    """Names are joined to everybody only where the order or the search asks for them. Whoever was erased has none."""
    named = f"figures JOIN {PEOPLE_WITHOUT_TOMBSTONES} AS u ON u.id = figures.user_id"
    chosen = order.chosen("user_id", kind="uuid", found=PERSON)
    return f"""page AS (
    SELECT chosen.*, u.display_name, u.email, r.registered_at
    FROM (
        SELECT figures.*, {order.expression} AS place, {order.key} AS value, user_id::text AS tie
        FROM {named if order.is_text or order.is_searched else "figures"}
        WHERE {chosen}
        ORDER BY {order.by("user_id")} LIMIT %(limit)s
    ) AS chosen
    LEFT JOIN {PEOPLE_WITHOUT_TOMBSTONES} AS u ON u.id = chosen.user_id
    LEFT JOIN registrations r ON r.webinar_id = %(webinar_id)s AND r.user_id = chosen.user_id
)"""


class SealedRow(NamedTuple):
    """A line of the sealed table, with the strip that is kept in it."""

    row: Row
    present_ranges: Any
    visible_ranges: Any

    @classmethod
    def of(cls, columns: tuple[Any, ...]) -> "SealedRow":
        return cls(Row.of(columns[:-2]), *columns[-2:])


def select_sealed(order: Order) -> str:
    """Rows of one seal. A person who was erased has neither id nor name.

    ORM equivalent: SealedAttendance.objects.filter(seal=…).order_by(…)[:n] with a Subquery for the registration.
    Index: sealed_by_<figure>, one for each order, so that a page costs as much as its rows; a search or a share that
    few reach reads the seal's rows until the page is full. Cost: docs/benchmarks.md.
    """
    chosen = order.chosen("row", kind="int", found=SEALED_PERSON)
    return f"""
SELECT {FIGURE_COLUMNS}, display_name, email,
       (SELECT r.registered_at FROM registrations r
        WHERE r.webinar_id = %(webinar_id)s AND r.user_id = s.user_id) AS registered_at,
       {order.key} AS value, row::text AS tie, present_ranges, visible_ranges
FROM sealed_attendance s
WHERE seal_id = %(seal_id)s AND {chosen}
ORDER BY {order.by("row")} LIMIT %(limit)s"""
