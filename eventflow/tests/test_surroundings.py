import socket

import pytest

from eventflow.data_dir import StartError
from eventflow.demo.surroundings import attendee_count, check_ports, free_pair, free_ports, http_port, web_count, where


@pytest.fixture(autouse=True)
def _one_of_each(monkeypatch):
    monkeypatch.setenv("WEB", "1")


@pytest.fixture
def ports(monkeypatch):
    pair = free_pair()
    monkeypatch.setenv("PORT", str(pair))
    monkeypatch.setenv("SOCKET_PORT", str(pair + 1))
    return pair


def test_free_ports_are_fine(ports):
    check_ports()


@pytest.mark.parametrize("offset", [0, 1])
def test_a_taken_port_is_told_with_a_free_pair(ports, offset):
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports + offset))
        other.listen()

        with pytest.raises(StartError) as refusal:
            check_ports()

        assert str(refusal.value) == (
            f"Port {ports + offset} is taken by another program: stop it, or choose others with "
            f"`make demo PORT={free_pair()}` (HTTP there, sockets on the next)."
        )


@pytest.mark.parametrize("text", ["http", "0", "65535", "-1", ""])
def test_a_port_that_is_none_is_told(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(StartError, match=f"PORT={text} does not work: give a whole number from 1 to 65534."):
        http_port()


def test_no_attendees_are_a_choice(monkeypatch):
    monkeypatch.setenv("ATTENDEES", "0")

    assert attendee_count() == 0


def test_with_several_servers_visitors_come_to_the_balancer_and_sockets_are_where_pages_are(monkeypatch):
    monkeypatch.setenv("WEB", "2")
    monkeypatch.setenv("PORT", "9000")

    at = where()

    assert (at.port, at.web, at.sockets) == (9000, (9001, 9002), (9003, 9004))
    assert (at.socket_port, at.http_url, at.sockets_url) == (0, "http://127.0.0.1:9000", "ws://127.0.0.1:9000")


def test_with_one_of_each_sockets_have_the_next_port_or_the_given_one(monkeypatch, ports):
    at = where()

    assert (at.port, at.web, at.sockets) == (ports, (ports,), (ports + 1,))
    assert (at.socket_port, at.sockets_url) == (ports + 1, f"ws://127.0.0.1:{ports + 1}")
    monkeypatch.setenv("SOCKET_PORT", "9999")
    assert where().sockets == (9999,)


def test_every_port_behind_the_balancer_must_be_free(monkeypatch):
    first = free_ports(5)
    monkeypatch.setenv("WEB", "2")
    monkeypatch.setenv("PORT", str(first))
    check_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", first + 4))
        other.listen()

        with pytest.raises(StartError) as refusal:
            check_ports()

        assert str(refusal.value) == (
            f"Port {first + 4} is taken by another program: stop it, or choose others with "
            f"`make demo WEB=2 PORT={free_ports(5)}` (and the 4 that follow)."
        )


@pytest.mark.parametrize("text", ["0", "9", "two"])
def test_a_number_of_servers_that_is_none_is_told(monkeypatch, text):
    monkeypatch.setenv("WEB", text)

    with pytest.raises(StartError, match=f"WEB={text} does not work: give a whole number from 1 to 8."):
        web_count()
