"""A gateway and store that answer each operation as a test has it, by hand."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAMES = {
    "comfy_prompt": "submit",
    "comfy_get_progress": "progress",
    "comfy_get_result": "result",
    "sp_create_temp_file_upload_sign": "sign",
    "put": "put",
}


def envelope(**data):
    """The body of an answer that went well."""
    return json.dumps({"status": 10, "apiInvokeId": "i_1", "data": data}).encode()


class RawGateway:
    """Answers by operation: bytes, (status, bytes), or a function that gives one; None hangs up.

    A function may block for as long as it likes. `surplus` is sent beyond each answer's end.
    """

    surplus = b""

    def __init__(self, url, answers):
        self.url = url
        self.released = threading.Event()
        self.answers = {
            "submit": envelope(taskId="run-1", status="waiting"),
            "progress": envelope(taskId="run-1", status="succeeded"),
            "result": envelope(taskId="run-1", status="succeeded", result={"text": "done"}),
            "sign": envelope(uploadUrl=f"{url}/put", accessUrl=f"{url}/get"),
            "put": b"",
            **answers,
        }
        self.seen = []

    def silence(self):
        """Answer nothing until the test is over."""
        self.released.wait()

    def answer(self, path):
        name = NAMES[path.rpartition("/")[2]]
        self.seen.append(name)
        found = self.answers[name]
        found = found() if callable(found) else found
        return (200, found) if isinstance(found, bytes) else found


@contextmanager
def raw_gateway(path="", **answers):
    """Serve such a gateway below a path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            found = gateway.answer(self.path)
            self.close_connection = found is None
            if found is not None:
                status, body = found
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body + gateway.surplus)

        do_PUT = do_POST  # noqa: N815 - the name that the server looks for

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 200

        def handle_error(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    gateway = RawGateway(f"http://127.0.0.1:{server.server_address[1]}{path}", answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield gateway
    finally:
        gateway.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
