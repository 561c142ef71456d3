"""A service and a worker of the demo's own, with embedded defaults."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from service.auth.permissions import Role

_START_SECONDS = 60
_STOP_SECONDS = 15


class DemoFailed(RuntimeError):
    """The demo cannot go on; the message says why and where to look."""


class Installation:
    """Everything in one folder, which is emptied first; both processes end with the `with` block."""

    def __init__(self, home: Path, port: int, **settings: str) -> None:
        """Prepare an installation at `home` whose service listens on `port` here; all but `settings` is default."""
        self.home, self.url = home, f"http://127.0.0.1:{port}"
        self._port = port
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHELFLOOP_")}
        chosen = {f"SHELFLOOP_{name.upper()}": value for name, value in settings.items()}
        self._environment = {**kept, **chosen, "SHELFLOOP_HOME": str(home)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        """Start both processes and wait until the service can answer."""
        if self._answers("/healthz"):
            raise DemoFailed(f"Something already answers at {self.url}: end it, or choose another --port.")
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        try:
            self._start("service", "serve", "--port", str(self._port))
            self._wait_until_ready()
            self._start("worker", "worker")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End both processes."""
        self._stop()

    def key(self, role: Role) -> str:
        """Make an API key."""
        command = [*_SHELFLOOP, "keys", "create", "--role", role, "--name", f"demo {role}"]
        made = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if made.returncode:
            raise DemoFailed(f"No key could be made: {made.stderr.strip()}")
        return made.stdout.strip()

    def check(self) -> None:
        """Raise if one of the processes has ended.

        Raises:
            DemoFailed: with the end of its log.
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                last = "\n".join(self._log(name).read_text(errors="replace").splitlines()[-15:])
                raise DemoFailed(f"The {name} ended with status {process.returncode}. Its last words:\n{last}")

    def wait(self) -> None:
        """Stay until the person ends the demo or a process ends."""
        while True:
            self.check()
            time.sleep(1)

    def _start(self, name: str, *arguments: str) -> None:
        with self._log(name).open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [*_SHELFLOOP, *arguments], env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def _wait_until_ready(self) -> None:
        give_up = time.monotonic() + _START_SECONDS
        while not self._answers("/readyz"):
            self.check()
            if time.monotonic() > give_up:
                raise DemoFailed(f"The service is not ready after {_START_SECONDS} s; see {self._log('service')}.")
            time.sleep(0.1)

    def _answers(self, path: str) -> bool:
        try:
            return httpx.get(self.url + path, timeout=5).is_success
        except httpx.HTTPError:
            return False

    def _stop(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"


_SHELFLOOP = (sys.executable, "-m", "service.cli")
