"""The short version of `make chaos`, with another seed at each run; a failure names the seed to repeat it with."""

import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_SECONDS = 240


def test_every_page_ends_with_what_the_database_holds():
    seed = random.SystemRandom().randrange(100_000)
    command = [
        sys.executable, "-m", "tests.chaos", "--seed", str(seed), "--seconds", "8", "--pages", "10",
        "--browsers", "1", "--posters", "5", "--without", "freeze",
    ]  # fmt: skip

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_SECONDS)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert f"kept every promise (seed {seed}," in done.stdout
