"""A hub on this machine: as much of the Hugging Face protocol as downloading a model takes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef" * 2 + "01234567"


@dataclass
class LocalHub:
    """Where the hub is, and the files that were sent whole, in order."""

    address: str
    whole: list[str] = field(default_factory=list)


@contextmanager
def serve_hub(folder: Path, name: str) -> Iterator[LocalHub]:
    """Serve a folder as the model of that name; every other model is unknown."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            if path.startswith(f"/api/models/{name}/tree/"):
                tree = [
                    {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "0"}
                    for file in sorted(folder.iterdir())
                ]
                self.send(json.dumps(tree).encode(), "application/json", body)
                return
            if path.startswith(f"/api/models/{name}"):
                files = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
                known = {"id": name, "modelId": name, "sha": COMMIT, "siblings": files}
                self.send(json.dumps(known).encode(), "application/json", body)
                return
            before, _, file = path.partition(f"/{name}/resolve/")
            file = file.partition("/")[2]
            if before or not (folder / file).is_file():
                self.send_error(404)
                return
            content = (folder / file).read_bytes()
            asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if asked:
                part = content[int(asked[1]) : int(asked[2]) + 1]
                self.send(part, "application/octet-stream", body, status=206)
                return
            if body:
                hub.whole.append(file)
            self.send(content, "application/octet-stream", body)

        def send(self, content: bytes, kind: str, body: bool, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if body:
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub = LocalHub(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
