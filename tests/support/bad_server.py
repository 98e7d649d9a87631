#!/usr/bin/env python3
"""An HTTP server on the loopback for bad days.

    bad_server.py ROOT [--tls CERTIFICATE_AND_KEY]

Prints its port, serves the files below ROOT, ends when standard input is closed. The first parts of a
request's path say what goes wrong; the rest is the file:
    /plain/F             nothing: the file, Range honoured
    /no-range/F          Range ignored: always everything, status 200
    /other-range/F       a 206 that begins elsewhere than asked
    /cut/N/F             the connection ends after N bytes of each answer
    /stall/N/F           silence after N bytes
    /slow/S/F            the answer begins after S seconds
    /fail/CODE/N/F       CODE for the first N requests of this path, then the file
    /later/S/N/F         429 with Retry-After: S for the first N requests, then the file
    /page/F              a web page instead of the file (a network's log-in page)
    /flip/F              the file with its last byte changed
    /longer/F            the file and one byte more
    /chunked/F           the file without a Content-Length
    /endless/F           bytes without end, until the client leaves
    /half/F              announces and sends only the first half of the file
    /drip/N/F            N bytes a second
    /loop                302 to itself
    /date/S/N/F          429 with Retry-After as a date S seconds from now for the first N requests
    /redirect/URL        302 to the URL (percent-encoded)
    /login/WORD/F        401 unless the request says "Authorization: WORD"
    /no-login/F          400 if the request says any Authorization
    (and as a proxy, for URLs of any host)
    /echo                what was asked, as JSON
    /count/…             how often the path … was asked so far
"""
import email.utils
import http.server
import json
import os
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse

ROOT = sys.argv[1]
COUNTS = {}
LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def count(self):
        with LOCK:
            COUNTS[self.path] = COUNTS.get(self.path, 0) + 1
            return COUNTS[self.path]

    def text(self, status, text, kind="text/plain", headers=()):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def read(self, name):
        path = os.path.join(ROOT, urllib.parse.unquote(name))
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            self.text(404, "no such file\n")
            return None

    def start_of_range(self, length):
        value = self.headers.get("Range", "")
        if not value.startswith("bytes=") or not value.endswith("-"):
            return 0
        return int(value[6:-1])

    def file(self, name, ranges=True, cut=None, stall=None, data=None, chunked=False, shift=0):
        if data is None:
            data = self.read(name)
        if data is None:
            return
        start = self.start_of_range(len(data)) if ranges else 0
        if start and start >= len(data):
            return self.text(416, "out of range\n")
        start = max(0, start + shift) if start else 0
        body = data[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", "application/octet-stream")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if chunked:
            for at in range(0, len(body), 4096):
                piece = body[at:at + 4096]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        elif cut is not None and len(body) > cut:
            self.wfile.write(body[:cut])
            self.close_connection = True
        elif stall is not None and len(body) > stall:
            self.wfile.write(body[:stall])
            self.wfile.flush()
            time.sleep(30)
            self.close_connection = True
        else:
            self.wfile.write(body)

    def endless(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(b"x" * 65536)

    def drip(self, rate, data):
        if data is None:
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        for at in range(0, len(data), max(rate // 4, 1)):
            self.wfile.write(data[at:at + max(rate // 4, 1)])
            self.wfile.flush()
            time.sleep(0.25)

    def echo(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        self.text(200, json.dumps({
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
        }), "application/json", [("X-Answer", "  yes ")])

    def do_GET(self):
        if self.path.startswith("http://"):  # asked as a proxy: any host is this one
            self.path = "/" + self.path.split("/", 3)[3]
        kind, _, rest = self.path.partition("?")[0].lstrip("/").partition("/")
        count = self.count() if kind != "count" else 0
        first, _, tail = rest.partition("/")
        second, _, tail2 = tail.partition("/")
        if kind == "echo":
            self.echo()
        elif kind == "count":
            self.text(200, str(COUNTS.get(self.path[len("/count"):], 0)))
        elif kind == "plain":
            self.file(rest)
        elif kind == "no-range":
            self.file(rest, ranges=False)
        elif kind == "other-range":
            self.file(rest, shift=-1)
        elif kind == "cut":
            self.file(tail, cut=int(first))
        elif kind == "stall":
            self.file(tail, stall=int(first))
        elif kind == "slow":
            time.sleep(float(first))
            self.file(tail)
        elif kind == "fail" and count <= int(second):
            self.text(int(first), "<html>a bad day</html>\n", "text/html")
        elif kind in ("fail", "later") and (kind == "fail" or count > int(second)):
            self.file(tail2)
        elif kind == "later":
            self.text(429, "later\n", headers=[("Retry-After", first)])
        elif kind == "page":
            self.text(200, "<!DOCTYPE html><title>Log in to this network</title>\n", "text/html")
        elif kind == "flip":
            data = self.read(rest)
            if data is not None:
                self.file(rest, data=data[:-1] + bytes([data[-1] ^ 1]))
        elif kind == "longer":
            data = self.read(rest)
            if data is not None:
                self.file(rest, data=data + b"x")
        elif kind == "chunked":
            self.file(rest, chunked=True)
        elif kind == "half":
            data = self.read(rest)
            if data is not None:
                self.file(rest, data=data[:len(data) // 2])
        elif kind == "endless":
            self.endless()
        elif kind == "drip":
            self.drip(int(first), self.read(tail))
        elif kind == "loop":
            self.text(302, "", headers=[("Location", self.path)])
        elif kind == "date" and count > int(second):
            self.file(tail2)
        elif kind == "date":
            then = email.utils.formatdate(time.time() + int(first), usegmt=True)
            self.text(429, "later\n", headers=[("Retry-After", then)])
        elif kind == "redirect":
            self.text(302, "", headers=[("Location", urllib.parse.unquote(rest))])
        elif kind == "login":
            if self.headers.get("Authorization") == urllib.parse.unquote(first):
                self.file(tail)
            else:
                self.text(401, "who are you?\n")
        elif kind == "no-login":
            if self.headers.get("Authorization"):
                self.text(400, "an authorization that is none of my business\n")
            else:
                self.file(rest)
        else:
            self.text(404, "no such day\n")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of the day


def main():
    server = Server(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 3 and sys.argv[2] == "--tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


main()
