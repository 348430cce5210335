"""`make demo` plays the article's day, and what it shows is compared to the letter. ITSM_RENEW_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "demo.txt"


def test_the_demo_plays_the_articles_day():
    done = subprocess.run(
        [sys.executable, "scripts/demo.py"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:]
    shown = re.sub(r"\s\S+/itsm-demo-\w+", " (temporary)", done.stdout)
    if os.environ.get("ITSM_RENEW_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(shown, encoding="utf-8")
        pytest.skip("demo.txt is written anew: look at the diff")
    assert shown == GOLDEN.read_text(encoding="utf-8")
    assert max(map(len, shown.splitlines())) <= 80
