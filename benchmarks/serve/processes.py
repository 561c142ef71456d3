"""Servers as processes of their own, started and stopped."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
_PATIENCE = 120.0  # seconds; a busy machine takes long to compile a model


class ServerFailed(RuntimeError):
    """A server that ended or never became ready; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, with all processes it started itself."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def wait_for(self, path: str, answers: int = 1) -> float:
        """Wait until a path has given this many different answers of status 200; return the seconds it took.

        Raises:
            ServerFailed: if it does not come to that.
        """
        begin, seen = perf_counter(), set[bytes]()
        while len(seen) < answers:
            if self.process.poll() is not None or perf_counter() - begin > _PATIENCE:
                raise ServerFailed(f"{path} is not ready:\n{self.log.read_text()[-2000:]}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                    seen.add(answer.read())
            except (urllib.error.URLError, OSError):
                sleep(0.05)
        return perf_counter() - begin

    def megabytes(self) -> float:
        """Return the memory of the whole process tree, shared pages divided among their users."""
        tree = psutil.Process(self.process.pid)
        return float(sum(p.memory_full_info().pss for p in (tree, *tree.children(recursive=True))) / 1e6)


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], port: int, log: Path) -> Iterator[Server]:
    """Run a server while the block lasts."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environment(environment),
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield Server(process, port, log)
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def clean_environment(additions: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment, without the settings of the caller's own Shelfloop."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHELFLOOP_")}
    return {**inherited, **additions}


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
