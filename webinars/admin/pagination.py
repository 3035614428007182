from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

from webinars.sql import estimated_rows

LARGE = 20_000


class EstimatedPaginator(Paginator):
    """Counts as PostgreSQL does for its plans when a large table is listed whole, and exactly otherwise.

    How it can be wrong: the estimate is as old as the last ANALYZE, so the last page may be empty or one may be
    missing; a filter or a search brings the exact number back.
    """

    @cached_property
    def count(self) -> int:
        estimate = self._estimate() if self._is_whole_table() else 0
        return estimate if estimate > LARGE else super().count

    def _is_whole_table(self) -> bool:
        query: Any = getattr(self.object_list, "query", None)
        return query is not None and not query.where and not query.distinct and not query.is_sliced

    def _estimate(self) -> int:
        rows: Any = self.object_list
        return estimated_rows(rows.model._meta.db_table)
