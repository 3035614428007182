# Two commands to know: `make demo` runs everything, `make test` tests everything. Both set up what they need first.
#
#   make demo PORT=8000 ATTENDEES=25 EVENTFLOW_DATA_DIR=.data
#   make demo WEB=2  # two web and two socket servers behind a balancer, and two Redis servers for the rooms
#   make test ARGS="-k chat"

.PHONY: help demo test lint format bench chaos lock setup

help:
	@sed -n 's/^# *\(make .*\)/\1/p; s/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo:  ## a running EventFlow with sample data and simulated attendees, until Ctrl-C
	@exec sh scripts/python.sh scripts/bootstrap demo

test:  ## the whole test suite, with real PostgreSQL, Redis and Chromium
	@exec sh scripts/python.sh scripts/bootstrap test $(ARGS)

lint:  ## ruff, mypy, import-linter, and known vulnerabilities of what is pinned
	@exec sh scripts/python.sh scripts/bootstrap lint

format:  ## put the code in ruff's format
	@exec sh scripts/python.sh scripts/bootstrap format

bench:  ## measure beside bare ceilings (docs/benchmarks.md)
	@exec sh scripts/python.sh scripts/bootstrap bench $(ARGS)

chaos:  ## break the parts of a site with pages on it, by chance, and see whether any page noticed (ARGS="--seed 7 --seconds 120")
	@exec sh scripts/python.sh scripts/bootstrap chaos $(ARGS)

lock:  ## pin the newest allowed versions, with hashes
	@exec sh scripts/python.sh scripts/bootstrap lock $(ARGS)

setup:  ## only the set-up that the others begin with
	@exec sh scripts/python.sh scripts/bootstrap setup
