import socket

import pytest

from eventflow.data_dir import StartError
from eventflow.demo.surroundings import attendee_count, check_ports, free_pair, http_port


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
