"""Translations compiled for Django by Babel, as a fresh machine has no msgfmt."""

from python_packages import VENV
from telling import ROOT, run


def compile_translations() -> None:
    for source in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        command = [str(VENV / "bin" / "pybabel"), "compile", "-i", str(source), "-o", str(target)]
        run(command, doing=f"Compiling {source.relative_to(ROOT)}")
