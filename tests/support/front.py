#!/usr/bin/env python3
"""A gateway on the loopback in front of a server, as implementers have them.

    front.py TARGET [--tls CERTIFICATE_AND_KEY] [--client-ca AUTHORITY] [--basic USER:PASSWORD] [--bearer TOKEN] [--at FROM=TO]
        [--refuse TEXT]

Prints its port, then a line "METHOD PATH STATUS" for each request, and ends when standard input is closed. With --client-ca
nobody connects without a certificate of that authority; --basic and --bearer want that login for every request; with --at
only paths that begin with FROM are passed on, to TO; --refuse answers 400 and that text.
"""
import argparse
import base64
import http.client
import http.server
import os
import ssl
import sys
import threading
import urllib.parse

parser = argparse.ArgumentParser()
parser.add_argument("target")
parser.add_argument("--refuse")
for name in ("--tls", "--client-ca", "--basic", "--bearer", "--at"):
    parser.add_argument(name)
options = parser.parse_args()
target = urllib.parse.urlsplit(options.target)
wanted = None
if options.basic:
    wanted = "Basic " + base64.b64encode(options.basic.encode()).decode()
if options.bearer:
    wanted = "Bearer " + options.bearer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body):
        print(self.command, self.path, status, flush=True)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if options.refuse:
            return self.answer(400, [("Content-Type", "text/html")], options.refuse.encode())
        if wanted and self.headers.get("Authorization") != wanted:
            return self.answer(401, [("WWW-Authenticate", wanted.split()[0])], b"")
        path = self.path
        if options.at:
            begin, to = options.at.split("=")
            if not path.startswith(begin):
                return self.answer(404, [], b"nothing here")
            path = to + path[len(begin):]
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        mine = ("host", "connection", "authorization") if wanted else ("host", "connection")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in mine}
        connection.request(self.command, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        keep = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server")]
        connection.close()
        return self.answer(answer.status, keep, content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # whoever has no certificate

    def finish_request(self, request, client_address):
        request.settimeout(60)
        if isinstance(request, ssl.SSLSocket):
            request.do_handshake()  # in this connection's own thread
        super().finish_request(request, client_address)


server = Server(("127.0.0.1", 0), Handler)
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls)
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
while os.read(0, 4096):
    pass
sys.exit(0)
