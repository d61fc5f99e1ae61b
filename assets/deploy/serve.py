#!/usr/bin/env python3
"""Run several processes of the app behind HAProxy, as one service on one port.

    python assets/deploy/serve.py --processes 4 --port 8501

A reader stays with the process that the first page came from (a cookie says which), for its
tables live there. A process that dies is started again; its readers, and only they, are told that
their session is gone. SIGTERM (or Ctrl-C) ends everything; SIGHUP restarts one process after the
other: each takes nobody new and is given time until its readers have left.

Needs HAProxy 2.4 or newer (Debian, Ubuntu: ``apt install haproxy``) and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Seconds between two looks; that a process may take to listen, and to end; that it must have
#: lived for to be started again at once.
_TICK, _START, _END, _SOON = 0.5, 120.0, 10.0, 10.0

_BALANCER = """\
global
  maxconn {connections}
  hard-stop-after 30s

defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 120s
  timeout tunnel 8h
  option forwardfor
  option redispatch
  retries 3

frontend readers
  bind {address}:{port}
  # The page of who runs the server is for the machine itself.
  http-request deny if {{ path_beg /-/ }}
  default_backend processes

backend processes
  balance leastconn
  # A reader stays where the tables are.
  cookie {cookie} insert indirect nocache httponly attr "SameSite=Lax"
  # 200: takes new readers. 404: only those it has. Anything else: out.
  option httpchk GET /-/ready
  http-check disable-on-404
  default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""


@dataclass
class Process:
    """One process of the app.

    Attributes
    ----------
    port : int
        Where it listens, on the loopback address alone.
    running : subprocess.Popen or None
    began : float
        When it was started last.
    """

    port: int
    running: subprocess.Popen[bytes] | None = None
    began: float = -_SOON

    def start(self, environment: dict[str, str]) -> None:
        """Start it."""
        options = {
            "server.port": self.port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "server.fileWatcherType": "none",
        }
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += [f"--{name}={value}" for name, value in options.items()]
        self.running = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
        self.began = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.running is not None and self.running.poll() is None

    def ask(self, path: str, *, method: str = "GET") -> tuple[int, str]:
        """Return status and text of one of its own pages; 0 where it does not answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    @property
    def is_ready(self) -> bool:
        """Whether it has drawn its first screen: new readers may come, or it is full."""
        return self.ask("/-/ready")[0] in (200, 404)

    @property
    def readers(self) -> int:
        """How many are in; 0 where it does not say."""
        code, text = self.ask("/-/status")
        return int(json.loads(text)["readers"]) if code == 200 else 0

    def stop(self) -> None:
        """End it."""
        if self.running is None:
            return
        self.running.terminate()
        try:
            self.running.wait(_END)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()


def configuration(ports: list[int], *, address: str, port: int, cookie: str) -> str:
    """Return the balancer's configuration."""
    servers = "\n".join(f"  server p{p} 127.0.0.1:{p} cookie p{p}" for p in ports)
    return _BALANCER.format(
        connections=4000, address=address, port=port, cookie=cookie, servers=servers
    )


def room(processes: int) -> int:
    """Return the megabytes of readers' tables for one process: all together half of the memory."""
    sys.path.insert(0, str(ROOT))
    from pages._shared.host.settings import MEGABYTE, memory

    return max(memory() // (2 * MEGABYTE * processes), 1)


class House:
    """All processes and the balancer before them.

    Parameters
    ----------
    asked : argparse.Namespace
    """

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        first = asked.first_port
        self.processes = [Process(first + i) for i in range(asked.processes)]
        self.is_over = threading.Event()
        self.restart = threading.Event()
        self.environment = {
            # One secret for all: what one process has signed, another can read.
            "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
            "POOLING_TOTAL_MB": str(room(asked.processes)),
            **os.environ,
        }

    def run(self) -> int:
        """Run until told to end; return the exit status."""
        signal.signal(signal.SIGTERM, lambda *_: self.is_over.set())
        signal.signal(signal.SIGINT, lambda *_: self.is_over.set())
        signal.signal(signal.SIGHUP, lambda *_: self.restart.set())
        try:
            for process in self.processes:
                process.start(self.environment)
            if not self._wait(lambda: any(p.is_ready for p in self.processes), _START):
                return 0 if self.is_over.is_set() else _say("No process became ready.", 1)
            with self._balancer() as balancer:
                _say(f"Open http://{self.asked.address}:{self.asked.port}")
                return self._watch(balancer)
        finally:
            _stop(self.processes)

    @contextmanager
    def _balancer(self) -> Iterator[subprocess.Popen[bytes]]:
        ports = [p.port for p in self.processes]
        text = configuration(
            ports, address=self.asked.address, port=self.asked.port, cookie="pooling"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "haproxy.cfg"
            path.write_text(text, encoding="utf-8")
            running = subprocess.Popen(
                [self.asked.haproxy, "-db", "-f", str(path)], start_new_session=True
            )
            try:
                yield running
            finally:
                running.terminate()
                with suppress(subprocess.TimeoutExpired):
                    running.wait(_END)
                running.kill()

    def _watch(self, balancer: subprocess.Popen[bytes]) -> int:
        while not self.is_over.wait(_TICK):
            if balancer.poll() is not None:
                return _say("The balancer has ended.", 1)
            for process in self.processes:
                self._revive(process)
            if self.restart.is_set():
                self.restart.clear()
                self._restart_all()
        return 0

    def _revive(self, process: Process) -> None:
        """Start a process again that has died; not in a hurry where it dies at once."""
        if not process.is_alive and time.monotonic() - process.began > _SOON:
            _say(f"The process on port {process.port} has ended; it is started again.")
            process.start(self.environment)

    def _restart_all(self) -> None:
        """Restart one after the other, each when its readers have left or the time is over."""
        for process in self.processes:
            process.ask("/-/drain", method="POST")
            _say(f"Port {process.port} takes nobody new; {process.readers} readers are in.")
            self._wait(lambda p=process: not p.is_alive or p.readers == 0, self.asked.drain)
            if self.is_over.is_set():
                return
            process.stop()
            process.start(self.environment)
            self._wait(lambda p=process: p.is_ready, _START)
        _say("All processes are new.")

    def _wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so; return whether it is."""
        end = time.monotonic() + seconds
        while not until():
            if self.is_over.wait(_TICK) or time.monotonic() > end:
                return False
        return True


def _stop(processes: list[Process]) -> None:
    """End all at the same time."""
    for process in processes:
        if process.running is not None:
            process.running.terminate()
    for process in processes:
        process.stop()


def _say(text: str, status: int = 0) -> int:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
    return status


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--address", default="127.0.0.1", help="0.0.0.0: reachable from outside")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--first-port", type=int, default=8601, help="of the processes")
    parser.add_argument(
        "--drain", type=float, default=600, help="seconds that readers are given at a restart"
    )
    parser.add_argument("--haproxy", default=shutil.which("haproxy") or "/usr/sbin/haproxy")
    asked = parser.parse_args()
    if asked.processes < 1:
        parser.error("--processes must be at least 1")
    if not Path(asked.haproxy).exists():
        parser.error("HAProxy was not found: apt install haproxy, or name it with --haproxy")
    return House(asked).run()


if __name__ == "__main__":
    sys.exit(main())
