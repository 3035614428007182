"""Answers that take a while: computed by one, for all who ask at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.core.cache import cache

from eventflow import redis
from stats import shared_answers
from stats.shared_answers import shared

ASKERS = 8


def lives(name):
    (key,) = redis.client().keys(f"*:stats-figures:{name}")
    return redis.client().ttl(key)


def test_an_answer_is_kept():
    answers = iter([1, 2])

    assert [shared("figures", "a", lambda: next(answers), seconds=5) for _ in range(3)] == [1, 1, 1]
    assert lives("a") == 5


def test_of_several_without_an_answer_one_computes_and_all_get_it():
    computed, together = [], Barrier(ASKERS)

    def compute():
        computed.append(1)
        return len(computed)

    def ask(_):
        together.wait(10)
        return shared("figures", "a", compute, seconds=5)

    with ThreadPoolExecutor(ASKERS) as pool:
        answers = list(pool.map(ask, range(ASKERS)))

    assert (answers, len(computed)) == ([1] * ASKERS, 1)


def test_while_one_computes_the_others_get_the_last_answer():
    shared("figures", "a", lambda: "last", seconds=5)
    cache.delete("stats-figures:a")
    begun, finish = Event(), Event()

    def compute():
        begun.set()
        finish.wait(10)
        return "next"

    with ThreadPoolExecutor(1) as pool:
        one = pool.submit(shared, "figures", "a", compute, seconds=5)
        assert begun.wait(10)
        meanwhile = shared("figures", "a", lambda: "twice", seconds=5)
        finish.set()

    assert (meanwhile, one.result()) == ("last", "next")
    assert shared("figures", "a", lambda: "twice", seconds=5) == "next"


def test_when_the_one_that_computes_fails_another_does():
    begun, finish = Event(), Event()

    def fail():
        begun.set()
        finish.wait(10)
        raise ArithmeticError

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(shared, "figures", "a", fail, seconds=5)
        assert begun.wait(10)
        other = pool.submit(shared, "figures", "a", lambda: "right", seconds=5)
        finish.set()

        with pytest.raises(ArithmeticError):
            one.result()
        assert other.result() == "right"


def test_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(shared_answers, "WAIT_SECONDS", 0.2)
    cache.add("stats-lock-figures:a", 1, 30)

    assert shared("figures", "a", lambda: "own", seconds=5) == "own"


def test_what_takes_long_is_kept_for_longer(monkeypatch):
    monkeypatch.setattr(shared_answers, "KEPT_TIMES", 10**9)

    shared("figures", "a", lambda: "slow", seconds=5)

    assert lives("a") == 60


def test_two_names_have_two_answers():
    assert [shared("figures", name, lambda name=name: name * 2, seconds=5) for name in "ab"] == ["aa", "bb"]
