"""Telling a room how something stands that has no number of its own (spec 8): its notice, its switches and times."""

import uuid
from collections.abc import Callable
from typing import Any

from django.db import Error, transaction

from webinars.models import Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import publish

News = tuple[EventType, dict[str, Any]]

# Each time takes another change at the same instant.
MOST_TIMES = 10


def tell_news(webinar_id: uuid.UUID, news: News, *, news_of: Callable[[Webinar], News]) -> None:
    """Tell it after the commit, and again as `news_of` says as long as it has become something else meanwhile: of two
    hosts at once, the one who committed first may be the last to tell, and pages would keep what does not hold."""
    transaction.on_commit(lambda: _tell(webinar_id, news, news_of))


def _tell(webinar_id: uuid.UUID, news: News, news_of: Callable[[Webinar], News]) -> None:
    for _time in range(MOST_TIMES):
        if publish(webinar_id, *news) is None:
            return
        try:
            webinar = Webinar.objects.filter(pk=webinar_id).first()
        except Error:  # what was changed is stored and told; only that nothing else was meanwhile is not known
            return
        if webinar is None or news_of(webinar) == news:
            return
        news = news_of(webinar)
