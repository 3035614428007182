"""Log lines as JSON, with the request's id and no personal data (spec 18)."""

import logging

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from eventflow.log_masks import masked_event

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders lines of structlog and of plain `logging` alike."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                masked_event,
                structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
            ],
        )


class RequestLogMiddleware(RequestMiddleware):
    """A line for each request: method, path, status, request id. Queries may name people, so they are left out."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


def quiet_libraries() -> None:
    """Other people's loggers at the level at which an operator wants to hear of them."""
    for name in ("httpx", "httpcore", "django_structlog"):
        logging.getLogger(name).setLevel(logging.WARNING)
