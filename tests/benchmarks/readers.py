"""Put readers before servers, side by side: how long the first screen and each answer take.

    python -m tests.benchmarks.readers before=../other-tree now=. --readers 1,5,10,20,50

A server is ``name=folder``, which is started for the run, or ``name=http://...``, one that
runs. Every reader opens the start screen and then takes one step every three seconds: to another
screen, or with ``--walk lessons`` to the next step of a lesson. Rounds of the servers take turns.
Prints a Markdown table. Server and readers share the machine: read the ratios, not the seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.reader import Answer, Dropped, Reader
from tests.benchmarks.upload import processor_seconds, resident
from tests.browser.driver import AppServer, serve

_DIAL = "pooling_dial_view"


@dataclass
class Round:
    """What the readers of one round met."""

    first: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    memory: float = 0.0

    def take(self, answer: Answer, times: list[float]) -> None:
        """Count one answer."""
        times.append(answer.seconds)
        self.sizes.append(answer.size)
        self.problems.update(answer.exceptions)


async def read(url: str, seed: int, options: argparse.Namespace, found: Round) -> None:
    """Be one reader until the time is over."""
    draw = random.Random(seed)
    await asyncio.sleep(options.spread * draw.random())
    end = time.monotonic() + options.seconds
    try:
        async with Reader(url, patience=options.patience) as reader:
            found.take(await reader.open(), found.first)
            if options.more and _DIAL in reader.ids:
                found.take(await reader.tell(_DIAL, {"more": seed}), found.answers)
            # Nobody moves in the same moment as all others.
            await asyncio.sleep(options.every * draw.random())
            walk = _lessons if options.walk == "lessons" else _screens
            while time.monotonic() < end:
                start = time.monotonic()
                found.take(await walk(reader, draw), found.answers)
                await asyncio.sleep(max(0.0, start + options.every - time.monotonic()))
    except Dropped as error:
        found.dropped += 1
        found.problems[str(error)] += 1


async def _screens(reader: Reader, draw: random.Random) -> Answer:
    """Go to another screen, any of them."""
    here = reader.screen
    return await reader.open(draw.choice([name for name in sorted(reader.screens) if name != here]))


async def _lessons(reader: Reader, draw: random.Random) -> Answer:
    """Go to the next step of the lesson; to the first of another one at its end."""
    if reader.screen != "lessons":
        return await reader.open("lessons")
    if "lessons_next" in reader.can_click:
        return await reader.click("lessons_next")
    begin = sorted(key for key in reader.can_click if key.startswith("lessons_begin_"))
    return await (reader.click(draw.choice(begin)) if begin else reader.open("lessons"))


async def play(server: AppServer, n: int, options: argparse.Namespace) -> Round:
    """Return what so many readers met."""
    found = Round()
    before = processor_seconds(server.pid) if server.pid else 0.0
    start = time.monotonic()
    await asyncio.gather(*(read(server.url, 1000 * n + i, options, found) for i in range(n)))
    found.seconds = time.monotonic() - start
    if server.pid:
        found.processor = processor_seconds(server.pid) - before
        found.memory = resident(server.pid)[1]
    return found


def quantiles(values: list[float]) -> str:
    """Return median and 95th percentile, as text."""
    if len(values) < 2:
        return f"{values[0]:.2f}" if values else "-"
    return f"{statistics.median(values):.2f} / {statistics.quantiles(values, n=20)[18]:.2f}"


_HEAD = (
    "| readers | server | first screen, s, p50 / p95 | answers, s, p50 / p95 | answers a second"
    " | kB an answer | processor, ms an answer | memory, MB | dropped | exceptions |\n|"
    + " --: | --- |"
    + " --: |" * 8
)


def row(n: int, name: str, found: Round) -> str:
    """Return a row of the table."""
    size = statistics.mean(found.sizes) / 1000 if found.sizes else 0.0
    cost = 1000 * found.processor / max(len(found.sizes), 1)
    return (
        f"| {n} | {name} | {quantiles(found.first)} | {quantiles(found.answers)}"
        f" | {len(found.answers) / max(found.seconds, 1e-9):.1f} | {size:.0f}"
        f" | {cost:.0f} | {found.memory:.0f} | {found.dropped}"
        f" | {sum(found.problems.values()) - found.dropped} |"
    )


@contextmanager
def servers(named: list[str], logs: Path) -> Iterator[dict[str, AppServer]]:
    """Start what is a folder; take the rest as it is."""
    with ExitStack() as stack:
        running = {}
        for each in named:
            name, _, where = each.partition("=")
            running[name] = (
                AppServer(where.rstrip("/"), logs)
                if where.startswith("http")
                else stack.enter_context(
                    serve(Path(where).resolve() / "app.py", logs / name, POOLING_WARM_UP="on")
                )
            )
        yield running


def options() -> argparse.Namespace:
    """Return what is asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("servers", nargs="+", metavar="name=folder|url")
    parser.add_argument("--readers", default="1,5,10,20", help="how many, one round each")
    parser.add_argument("--seconds", type=float, default=30, help="of each round")
    parser.add_argument("--every", type=float, default=3, help="seconds between steps")
    parser.add_argument("--spread", type=float, default=0, help="seconds within which all arrive")
    parser.add_argument("--settle", type=float, default=10, help="seconds before the first round")
    parser.add_argument("--patience", type=float, default=120, help="seconds to wait at most")
    parser.add_argument("--walk", choices=["screens", "lessons"], default="screens")
    parser.add_argument("--more", action="store_true", help="ask for the rest of the dial, too")
    return parser.parse_args()


def main() -> None:
    """Run all rounds and print the table."""
    asked = options()
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(asked.servers, Path(folder)) as running,
    ):
        time.sleep(asked.settle)
        print(_HEAD, flush=True)
        for n in map(int, asked.readers.split(",")):
            for name, server in running.items():
                found = asyncio.run(play(server, n, asked))
                print(row(n, name, found), flush=True)
                for text, count in found.problems.most_common(3):
                    print(f"<!-- {count} x {text[:200]} -->", flush=True)


if __name__ == "__main__":
    main()
