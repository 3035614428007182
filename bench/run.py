"""`make bench`: measures EventFlow beside bare ceilings on this machine (docs/benchmarks.md).

python bench/run.py                  everything
python bench/run.py ping             what has "ping" in its name
python bench/run.py --seconds 3      shorter rounds
"""

import argparse
import importlib
import json
import os
import platform
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from bench.findings import Finding, table  # noqa: E402  the root of the project comes first
from bench.surroundings import OTHER_CORES, SERVER_CORE, embedded_servers, on_cores  # noqa: E402

BENCHMARKS = {
    "ping": "one process, one core, 50 connections: throttled and writing",
    "fanout": "events to 2,000 sockets of one process",
    "room": "5,000 sockets of one webinar on two processes: delivery, and all of them lost at once",
    "indexes": "heap-only updates and WAL of the hot tables, the sweeper, the snapshot",
    "statistics": "answers about years of buckets, a million sessions, and large audiences",
    "attendance": "everybody's figures, and pages of them, with 100,000 sessions among a million",
    "imports": "100,000 addresses in CP949 put on a list: seconds and memory",
    "exports": "attendance of 100,000 people as files: seconds and memory",
}
FILES = 16_384
RESULTS = Path(__file__).resolve().parent / "results"


def main() -> int:
    arguments = read_arguments()
    names = [name for name in BENCHMARKS if any(part in name for part in arguments.names or [""])]
    if not names:
        print(f"There is no such benchmark; there are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    findings: list[Finding] = []
    raise_file_limit()
    try:
        with on_cores(OTHER_CORES), embedded_servers():
            for name in names:
                print(f"{name}: {BENCHMARKS[name]} …", file=sys.stderr, flush=True)
                findings += importlib.import_module(f"bench.{name}").measure(seconds=arguments.seconds)
    finally:
        print(table(findings))
    path = write_results(findings)
    print(f"\n{machine()}\nAlso in {path.relative_to(ROOT)}", file=sys.stderr)
    return 1 if any(finding.met is False for finding in findings) else 0


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description="Measures EventFlow beside bare ceilings, on servers of its own."
    )
    listed = "; ".join(f"{name}: {text}" for name, text in BENCHMARKS.items())
    parser.add_argument("names", nargs="*", help=f"only benchmarks with one of these in their name ({listed})")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one round of load (default 4)")
    return parser.parse_args()


def raise_file_limit() -> None:
    """Thousands of sockets are as many open files, in the server and in the client."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def machine() -> str:
    pinned = "server on its own core" if SERVER_CORE else "cores not chosen"
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}, {pinned}"


def write_results(findings: list[Finding]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json"
    result = {"machine": machine(), "findings": [asdict(finding) for finding in findings]}
    path.write_text(json.dumps(result, indent=1, default=str))
    return path


if __name__ == "__main__":
    sys.exit(main())
