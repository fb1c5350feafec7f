"""A hub on a free port of 127.0.0.1 that keeps what is pushed to it: the calls that ``upload_folder`` makes, no more."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HubServer:
    """Use as a context manager; ``files`` maps repository and path to bytes, ``created`` what was asked for."""

    def __init__(self, *, refuse=False):
        self.refuse = refuse
        self.files: dict[str, dict[str, bytes]] = {}
        self.created: list[dict] = []
        self.unknown: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                hub.get(self)

            def do_POST(self):
                hub.post(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def get(self, handler):
        parts = handler.path.partition("?")[0].split("/")
        repo = "/".join(parts[3:5])
        if parts[1:3] != ["api", "datasets"] or repo not in self.files:
            return self._unknown(handler)
        if "tree" in parts:
            return self._answer(handler, [self._entry(path, data) for path, data in self.files[repo].items()])
        siblings = [{"rfilename": path} for path in self.files[repo]]
        return self._answer(handler, {"id": repo, "sha": "0" * 40, "siblings": siblings})

    def post(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if "chunked" in handler.headers.get("Transfer-Encoding", ""):
            body = b"".join(_chunks(handler.rfile))
        parts = handler.path.partition("?")[0].split("/")
        if self.refuse:
            return self._answer(handler, {"error": "You are not allowed to do this."}, 403)
        if parts[1:] == ["api", "repos", "create"]:
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else f"me/{asked['name']}"
            self.created.append(asked)
            self.files.setdefault(repo, {})
            return self._answer(handler, {"url": f"{self.url}/datasets/{repo}", "id": repo})
        repo = "/".join(parts[3:5])
        if parts[1:] == ["api", "validate-yaml"]:
            return self._answer(handler, {"errors": [], "warnings": []})
        if "preupload" in parts:
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False, "oid": None}
                for f in json.loads(body)["files"]
            ]
            return self._answer(handler, {"files": files})
        if "commit" in parts:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.files[repo][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
                elif line["key"] == "deletedFile":
                    del self.files[repo][line["value"]["path"]]
            told = {
                "commitOid": "1" * 40,
                "commitUrl": f"{self.url}/datasets/{repo}/commit/{'1' * 40}",
                "success": True,
            }
            return self._answer(handler, told)
        return self._unknown(handler)

    def _unknown(self, handler):
        self.unknown.append(f"{handler.command} {handler.path}")
        self._answer(handler, {"error": "not found"}, 404)

    def _entry(self, path, data):
        oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        return {"type": "file", "path": path, "size": len(data), "oid": oid}

    def _answer(self, handler, value, status=200):
        data = json.dumps(value).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


def _chunks(stream):
    while size := int(stream.readline().strip() or b"0", 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()
