"""What a log line must not say, taken out of it whoever wrote it (spec 18).

Our own lines name no person. Other people's may: a database's refusal shows the row, an exception the value that it
met, a path the token of a mailed link. Of an exception the log keeps its kind, where it was raised, and of its text
what looks like a name in our code.
"""

import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any

CUT = "…"
LONGEST_TEXT = 2000
LONGEST_READ = 20_000  # no more is looked at: everybody may make a line long, and none may make it slow
MOST_FRAMES = 30
MASKS = [
    (re.compile(r"[^\s\"'<>(){}\[\],;:=|/\\@]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), f"{CUT}@{CUT}"),
    (re.compile(r"eyJ[\w-]{5,300}\.[\w.-]+"), CUT),  # a live pass
    (re.compile(r"(?i)\b(bearer|basic|cookie:|set-cookie:|authorization:)[ .]\S+"), rf"\1 {CUT}"),
    # Tokens in paths: of mailed links, and of nothing else that anybody would look for.
    (re.compile(r"(/(?:invitations|accounts/password/reset/key|accounts/confirm-email)/)[^/\s\"']+"), rf"\1{CUT}"),
    (re.compile(r"(?<=[\w/-])\?[^\s\"'?][^\s\"']*"), f"?{CUT}"),
    (re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"), CUT),
    (re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}(?![\w:])"), CUT),
    (re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{1,4}:)+(?::[0-9a-f]{1,4})+(?![\w:])"), CUT),
    (re.compile(r"(rediss?|postgres(?:ql)?)://\S{0,300}@"), rf"\1://{CUT}@"),
]
# What PostgreSQL says beside its message: the row, the statement's values, the place in the text.
DETAILS = re.compile(r"(?:^|\s)(?:DETAIL|CONTEXT|HINT|QUERY|STATEMENT|LINE \d+): .*", re.DOTALL)
# Values in an exception's text: in quotes, after a colon, and words that no program's message is written in.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”")
AFTER_COLON = re.compile(r"(?<=: ).*", re.DOTALL)
FOREIGN = re.compile(r"[^\s\x00-\x7f…]+")
# What the language says about code: the names in it are those of the code.
OF_CODE = (AttributeError, ImportError, NameError, TypeError)
OUR_NAME = re.compile(r"[A-Za-z]+(?:[_.][A-Za-z0-9_.]+)+|[A-Z][A-Z_0-9]+")


def masked(text: str) -> str:
    """Without addresses, tokens and queries, on one line."""
    text = text[:LONGEST_READ]
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    text = text.replace("\r", " ").replace("\n", " ").replace("\x00", " ")
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT


def masked_message(text: str) -> str:
    """An exception's text without the values in it."""
    plain = QUOTED.sub(_quoted, DETAILS.sub("", text[:LONGEST_READ]))
    return masked(FOREIGN.sub(CUT, AFTER_COLON.sub(CUT, plain)))


def _quoted(found: re.Match[str]) -> str:
    text = found[0]
    return text if OUR_NAME.fullmatch(text[1:-1]) else f"'{CUT}'"


def masked_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the exception, if there is one, becomes text, and every text is masked."""
    event.pop("user_agent", None)
    raised = event.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised[1] if isinstance(raised, tuple) else raised
    for name, value in event.items():
        if name != "exception":
            event[name] = _masked_value(value, within_error=isinstance(error, BaseException))
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(lines_of(error))
    elif "exception" in event:  # made by somebody else, who knew nothing of this
        event["exception"] = "\n".join(masked_message(line) for line in str(event["exception"]).splitlines())
    return event


def _masked_value(value: Any, *, within_error: bool) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return masked_message(str(value)) if within_error else masked(str(value))


def lines_of(error: BaseException) -> Iterator[str]:
    """The exception and what led to it, the first cause first."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for one in reversed(chain):
        yield from frames(one.__traceback__)
        text = masked(str(one)) if isinstance(one, OF_CODE) else masked_message(str(one))
        yield f"{type(one).__module__}.{type(one).__qualname__}: {text}"


def frames(of: TracebackType | None) -> Iterator[str]:
    """The last so many, without the values of anything."""
    for frame in traceback.extract_tb(of)[-MOST_FRAMES:]:
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
