"""What the project answers to, as Django itself knows it: nothing here is a list that somebody has to keep."""

import functools
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern

from eventflow.asgi import sockets
from webinars.admin.base import SuperuserAdmin

QUIET = ("head", "options")
# Below these no role counts, only whether somebody is signed in.
NO_ROLES = ("/accounts/", "/api/", "/i18n/", "/jsi18n/", "/healthz", "/readyz", "/metrics")
WITH_ROLES = ("/accounts/memberships/", "/accounts/second-factor/")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Surface:
    """An address with its parameters as `<name>`, and a method that it takes."""

    method: str
    route: str

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def area(self) -> str:
        """Which table it stands in."""
        if self.route in super_admins_routes():
            return "super_admins"
        if self.route.startswith(WITH_ROLES):
            return "pages"
        starts = {
            "/console/": "console",
            "/api/webinars/": "api",
            "/api/campaigns/": "api",
            **dict.fromkeys(NO_ROLES, "accounts"),
        }
        return next((area for start, area in starts.items() if self.route.startswith(start)), "pages")

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.route)


def patterns(resolver: Any = None, before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the resolver, as a text that a person can read."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + readable(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from patterns(pattern, route)


def readable(pattern: Any) -> str:
    """`<str:w>` and `(?P<w>[^/]+)` alike are `<w>`."""
    text = str(pattern)
    if isinstance(pattern, RegexPattern):
        text = text.removeprefix("^").removesuffix("$").removesuffix("\\Z")
        while (found := re.search(r"\(\?P<(\w+)>", text)) is not None:
            text = text[: found.start()] + f"<{found[1]}>" + text[closing(text, found.end()) + 1 :]
        return text.replace("\\", "")
    return PARAMETER.sub(r"<\1>", text)


def closing(text: str, at: int) -> int:
    """Where the bracket closes that was opened before `at`."""
    depth, in_class = 1, False
    for position in range(at, len(text)):
        char = text[position]
        if text[position - 1] == "\\":
            continue
        if char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif not in_class:
            depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return position
    raise ValueError(text)


def methods_of(view: Callable[..., Any]) -> list[str]:
    """The methods that a view takes, without those that tell nothing by themselves (HEAD, OPTIONS). A function that
    does not say takes reading and posting; of Django's own classes only those are asked, which take the rest as one
    of them."""
    if (api := getattr(view, "cls", None)) is not None:
        return [name.upper() for name in api.http_method_names if hasattr(api, name) and name not in QUIET]
    if (page := getattr(view, "view_class", None)) is not None:
        return [name.upper() for name in ("get", "post") if hasattr(page, name)]
    layer: Any = view
    while layer is not None:
        if inspect.isfunction(layer) and (taken := inspect.getclosurevars(layer).nonlocals.get("request_method_list")):
            return [name for name in taken if name.lower() not in QUIET]
        layer = getattr(layer, "__wrapped__", None)
    return ["GET", "POST"]


def surfaces() -> list[Surface]:
    """Each once: of two patterns with one address the first answers."""
    found: dict[Surface, None] = {}
    taken: set[str] = set()
    for route, pattern in patterns():
        if route not in taken:
            taken.add(route)
            found.update(dict.fromkeys(Surface(method, route) for method in methods_of(pattern.callback)))
    return list(found)


@functools.cache
def super_admins_routes() -> frozenset[str]:
    """Of the models that belong to no tenant."""
    theirs = tuple(path for path, found in console_models().items() if isinstance(found, SuperuserAdmin))
    return frozenset(route for route, _pattern in patterns() if route.startswith(theirs))


def console_models() -> dict[str, Any]:
    """The console's admins by the path of their list."""
    return {
        f"/console/{model._meta.app_label}/{model._meta.model_name}/": model_admin
        for model, model_admin in admin.site._registry.items()
    }


def actions(request_for: Callable[[str], HttpRequest]) -> list[tuple[str, str]]:
    """(list's path, action's name) of everything that a list offers to whoever `request_for(path)` comes from."""
    return [
        (path, name)
        for path, model_admin in console_models().items()
        for name in model_admin.get_actions(request_for(path))
    ]


def socket_routes() -> list[str]:
    return ["/" + readable(route.pattern) for route in sockets.routes]
