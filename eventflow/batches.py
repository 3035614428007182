"""Long deletions and updates in batches, so that none holds its locks for long."""

from collections.abc import Callable


def until_done(size: int, act: Callable[[], int]) -> int:
    """Call `act`, which does at most `size` rows and answers how many, until it finds fewer; answers the sum."""
    total = 0
    while True:
        done = act()
        total += done
        if done < size:
            return total
