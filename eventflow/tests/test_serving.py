from pathlib import Path

from eventflow.demo.serving import addresses, serving

LOGS = Path("/logs")


def port_of(command: list[str]) -> str:
    return command[command.index("--port") + 1]


def test_one_of_each_needs_no_balancer():
    found = serving(addresses(host="127.0.0.1", port=8000, web=1), logs=LOGS, web_output=1)

    assert [(child.name, port_of(child.command), child.own_output) for child in found.children] == [
        ("web", "8000", 1),
        ("sockets", "8001", None),
    ]
    assert [child.log for child in found.children] == [LOGS / "web.log", LOGS / "sockets.log"]
    assert found.ready == {"web": "http://127.0.0.1:8000/healthz", "sockets": "http://127.0.0.1:8001/healthz"}


def test_several_are_numbered_and_the_balancer_knows_them_all():
    found = serving(addresses(host="127.0.0.1", port=8000, web=2), logs=LOGS, environ={"SOCKET_PORT": "0"})

    assert [(child.name, port_of(child.command)) for child in found.children[:-1]] == [
        ("web 1", "8001"),
        ("web 2", "8002"),
        ("sockets 1", "8003"),
        ("sockets 2", "8004"),
    ]
    assert found.children[-1].command[1:] == [
        "-m", "eventflow.demo.balancer", "--listen", "8000", "--web", "8001", "8002", "--sockets", "8003", "8004",
    ]  # fmt: skip
    assert [child.log.name for child in found.children] == [
        "web-1.log", "web-2.log", "sockets-1.log", "sockets-2.log", "balancer.log",
    ]  # fmt: skip
    assert found.ready["balancer"] == "http://127.0.0.1:8000/healthz"
    assert {child.environ["SOCKET_PORT"] for child in found.children} == {"0"}
