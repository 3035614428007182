"""The short version of `make chaos`, with another seed at each run; a failure names the seed to repeat it with."""

import random
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_SECONDS = 240


def test_every_page_ends_with_what_the_database_holds():
    seed = random.SystemRandom().randrange(100_000)
    command = [
        sys.executable, "-m", "tests.chaos", "--seed", str(seed), "--seconds", "8", "--pages", "10",
        "--browsers", "1", "--posters", "5", "--without", "freeze",
    ]  # fmt: skip

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        limit = threading.Timer(LONGEST_SECONDS, program.terminate)  # so that it can still end what it has started
        limit.start()
        said, _ = program.communicate()
        limit.cancel()

    assert program.returncode == 0, said
    assert f"kept every promise (seed {seed}," in said
