"""The peers that serve files: processes of their own on free ports, gone at the end."""

import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.settings import ROOT
from tests.serving import free_port

NGINX: Final = """
daemon off; master_process off; worker_processes 1; error_log {folder}/nginx.log; pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  types {{ image/webp webp; image/png png; video/mp4 mp4; }}
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; open_file_cache max=1000;
  keepalive_requests 1000000000; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {files}; }}
}}
"""


def install(*packages: str) -> None:
    """Bring programs that are missing from the system's packages, where we may."""
    missing = [name for name in packages if shutil.which(name) is None]
    if missing and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", *command], env=environment, capture_output=True, timeout=300, check=False)


@contextmanager
def nginx(files: Path, folder: Path) -> Iterator[int]:
    """nginx with one process, as the studio is one; gives its port."""
    port, settings = free_port(), folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, files=files, port=port))
    with _running(["nginx", "-p", str(folder), "-c", str(settings)], port, {}):
        yield port


@contextmanager
def fileserver(files: Path) -> Iterator[int]:
    """Starlette under uvicorn, with the parser and the loop that the studio's own server has; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.fileserver:app", "--port", str(port), "--no-access-log"]
    with _running([*command, "--log-level", "warning"], port, {"BENCH_FILES": str(files)}):
        yield port


@contextmanager
def _running(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        _await(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r} does not answer") from None
            time.sleep(0.05)
        finally:
            connection.close()
