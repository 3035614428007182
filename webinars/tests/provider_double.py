"""Kakao, Naver and Google as far as signing in goes: a server of its own on the loopback.

It hands out codes for one client, keeps to what each is good for, and tells about people what a test puts in.
"""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID, SECRET = "eventflow-test", "very-secret"


class ProviderDouble:
    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.fails_at = ""  # "token" or "profile"
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def consent(self, authorize_url: str) -> str:
        """What the person's browser does there: agrees, and is sent back. Answers the path to go on with."""
        query = _query(authorize_url)
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        code = secrets.token_hex(8)
        self.codes[code] = {"redirect_uri": query["redirect_uri"], "challenge": query.get("code_challenge", "")}
        back = urlsplit(query["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': query['state']})}"

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        self.asked.append(path)
        what = path.rpartition("/")[2]
        if what == self.fails_at:
            return 500, {"error": "server_error"}
        if what == "token":
            known = self.codes.pop(form.get("code", ""), None)
            if not known or form.get("client_secret") != SECRET or form["redirect_uri"] != known["redirect_uri"]:
                return 400, {"error": "invalid_grant"}
            if known["challenge"] and "code_verifier" not in form:
                return 400, {"error": "invalid_grant"}
            token = secrets.token_hex(8)
            self.tokens.add(token)
            return 200, {"access_token": token, "token_type": "bearer", "expires_in": 3600}
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return 401, {"error": "invalid_token"}
        return 200, self.person


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _handler(double: ProviderDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, told = double.answer(urlsplit(self.path).path, form, self.headers.get("Authorization", ""))
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


@contextmanager
def running() -> Iterator[ProviderDouble]:
    double = ProviderDouble()
    thread = threading.Thread(target=double.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        double.server.shutdown()
        double.server.server_close()
        thread.join()
