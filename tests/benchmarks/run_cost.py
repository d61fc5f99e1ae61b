"""Count the processor time of one run of every screen, once everything is kept and frozen.

    python -m tests.benchmarks.run_cost [--rounds 5] [--where SCREEN]

Runs the app in this process, without a browser or a network, and prints milliseconds of
processor time and kilobytes a run. ``--where`` prints where the time of a screen goes instead,
by sampling its thread.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["POOLING_WARM_UP"] = "off"
ROOT = Path(__file__).resolve().parents[2]


class Sampler(threading.Thread):
    """Notes where the run is, again and again: which of our lines, and which function."""

    def __init__(self, *, every: float = 0.001) -> None:
        super().__init__(daemon=True)
        self.every, self.goes_on = every, True
        self.tops: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()

    def run(self) -> None:
        """Sample until ``goes_on`` is false."""
        while self.goes_on:
            time.sleep(self.every)
            names = {t.ident: t.name for t in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if "ScriptRunner" in names.get(ident, ""):
                    self._take(frame)

    def _take(self, frame: Any) -> None:
        code = frame.f_code
        self.tops[f"{Path(code.co_filename).name}:{code.co_name}"] += 1
        seen = set()
        while frame is not None:
            code = frame.f_code
            parts = Path(code.co_filename).parts
            where = "/".join(parts[-2:]) + f":{frame.f_lineno} {code.co_name}"
            if where not in seen:
                seen.add(where)
                self.lines[where] += 1
            frame = frame.f_back


async def visit(app: Any, asked: argparse.Namespace) -> None:
    """Open every screen and print what it costs."""
    from pages._server.care import CARE
    from pages._server.warm import visitor

    async with app.router_lifespan(), visitor(app.app) as guest:
        await guest.open("", "light")
        names = sorted(guest.screens)
        for name in names:
            await guest.open(name, "light")
        CARE.freeze()
        if asked.where is not None:
            await _where(guest, asked)
            return
        print("| screen | ms | kB |\n| --- | --: | --: |")
        for name in names:
            costs, sizes = [], []
            for _ in range(asked.rounds):
                await guest.open("terms" if name != "terms" else "", "light")
                guest.size = 0
                start = time.process_time()
                await guest.open(name, "light")
                costs.append(1000 * (time.process_time() - start))
                sizes.append(guest.size / 1000)
            cost, size = statistics.median(costs), statistics.median(sizes)
            print(f"| {name or 'start'} | {cost:.0f} | {size:.0f} |", flush=True)


async def _where(guest: Any, asked: argparse.Namespace) -> None:
    sampler = Sampler()
    sampler.start()
    for _ in range(asked.rounds):
        await guest.open(asked.where, "light")
    sampler.goes_on = False
    whole = max(sum(sampler.tops.values()), 1)
    for title, found in (
        ("lines, with what they call", sampler.lines),
        ("functions", sampler.tops),
    ):
        print(f"\n{title}")
        for name, count in found.most_common(asked.top):
            print(f"{100 * count / whole:5.1f}%  {name}")


class _App:
    """The application, with its life in a block."""

    def __init__(self) -> None:
        sys.path.insert(0, str(ROOT))
        import app as module

        self.app = module.app

    def router_lifespan(self) -> Any:
        """Return the block in which the application lives."""
        self.app._starlette_app = self.app._build_starlette_app()
        return self.app._combined_lifespan(self.app._starlette_app)


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--where", help="a screen by its address; '' for the first")
    parser.add_argument("--top", type=int, default=40)
    asyncio.run(visit(_App(), parser.parse_args()))


if __name__ == "__main__":
    main()
