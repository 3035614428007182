#!/bin/sh
# Runs its arguments with a Python that EventFlow can use: $PYTHON, or the first of these that is 3.11 or newer.
# 3.11 and 3.12 come first: every dependency has a ready-made wheel for them.
fits() {
    "$1" -c 'import sys; sys.exit(not (3, '"$2"') <= sys.version_info[:2] < (3, '"$3"'))' 2>/dev/null
}

for range in "11 13" "13 99"; do
    for python in ${PYTHON:-python3 python3.12 python3.11 python3.13 python3.14 python}; do
        # shellcheck disable=SC2086
        if command -v "$python" >/dev/null 2>&1 && fits "$python" $range; then
            exec "$python" "$@"
        fi
    done
done
echo "EventFlow needs Python 3.11 or newer and found none: install it (on Debian or Ubuntu: apt-get install python3)," >&2
echo "or name one with PYTHON=/path/to/python3 make ..." >&2
exit 1
