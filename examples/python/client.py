"""A client under examination, small enough to copy: a browser without a screen, with telemetry over plain HTTP/1.1.

`python client.py [--listen ADDRESS] [--leak incognito-url]`, after generating the stubs as README.md says.
"""

import argparse
import base64
import hashlib
import http.client
import json
import threading
from concurrent import futures
from urllib.parse import urlsplit

import grpc

from glasshouse.v1 import device_pb2 as pb
from glasshouse.v1 import device_pb2_grpc as rpc

VENDOR = "telemetry.example-browser.example"
FLUSH_AFTER_MS = 15_000
QUEUE_MAX = 1_000
ACTIVITIES = ["open_session", "close_session", "visit", "search", "type_text", "download", "share", "set_online",
              "crash_tab", "crash_app"]


class Device:
    """One device: what it remembers, what it reports, and when it sends that."""

    def __init__(self, request, leak):
        self.name, self.seed, self.routes, self.leak = request.device, request.seed, list(request.routes), leak
        self.now_ms = request.now_ms
        self.installs, self.usage_on, self.online = 0, True, True
        self.sessions, self.queue, self.due_ms = {}, [], None

    def reset(self, request):
        self.routes, self.sessions = list(request.routes), {}
        if request.reset in (pb.RESET_REINSTALL, pb.RESET_CLEAR_DATA):
            self.installs += 1  # a fresh identifier after every reset
            self.usage_on, self.queue, self.due_ms = True, [], None

    def advance(self, to_ms):
        """Lets time pass; what falls due by then is sent and answered."""
        self.now_ms = max(self.now_ms, to_ms)
        if self.online and self.due_ms is not None and self.due_ms <= self.now_ms:
            self.flush()

    def flush(self):
        self.due_ms = None
        if not self.queue:
            return
        install = hashlib.sha256(f"{self.seed} {self.installs}".encode()).hexdigest()[:32]
        body = json.dumps({"install": install, "version": "1.0", "events": self.queue}).encode()
        if self.send("POST", VENDOR, "/v1/events", body):
            self.queue = []
        else:
            self.due_ms = self.now_ms + FLUSH_AFTER_MS

    def send(self, method, host, path, body=None):
        """Sends by the route of the host, with the host that is meant in the Host header."""
        plain = [route for route in self.routes if not route.tls]
        route = next((r for r in plain if r.host == host), None) or next((r for r in plain if r.host == "*"), None)
        if route is None:
            return False
        connection = http.client.HTTPConnection(route.address, timeout=10)
        try:
            headers = {"Host": host} | ({"Content-Type": "application/json"} if body else {})
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return 200 <= answer.status < 300
        except OSError:
            return False
        finally:
            connection.close()

    def report(self, **event):
        if len(self.queue) < QUEUE_MAX:
            self.queue.append(event)
            if self.due_ms is None:
                self.due_ms = self.now_ms + FLUSH_AFTER_MS

    def switch(self, on):
        self.usage_on = on
        if not on:
            self.queue, self.due_ms = [], None  # what waits when it goes off is never sent

    def navigate(self, url):
        """Asks for a page as any browser does: the visited site sees the visit, and nobody else."""
        parts = urlsplit(url)
        if self.online:
            self.send("GET", parts.hostname, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))

    def perform(self, request):
        kind = request.WhichOneof("activity")
        incognito = self.sessions.get(request.session) == pb.MODE_INCOGNITO
        if kind == "open_session":
            self.sessions[request.session] = request.open_session.mode
        elif kind == "close_session":
            self.sessions.pop(request.session, None)
        elif kind == "visit":
            url = request.visit.url
            self.navigate(url)
            if incognito and self.leak == "incognito-url":
                self.report(event="page_load", at=self.now_ms, ref=base64.b64encode(url.encode()).decode())
            elif self.usage_on and not incognito:
                self.report(event="page_load", at=self.now_ms, host=urlsplit(url).hostname)
        elif kind == "search":
            self.navigate(f"https://{request.search.engine}/?q={request.search.terms}")
            if self.usage_on and not incognito:
                self.report(event="search", at=self.now_ms, engine=request.search.engine)
        elif kind == "download":
            self.navigate(request.download.url)
        elif kind == "set_online":
            self.online = request.set_online.online
        elif kind == "crash_app":
            self.sessions = {}
        elif kind not in ACTIVITIES:
            return pb.OUTCOME_UNSUPPORTED
        return pb.OUTCOME_DONE


class Client(rpc.DeviceUnderTestServiceServicer):
    """What an examiner asks of the client."""

    def __init__(self, leak):
        self.leak, self.devices, self.lock = leak, {}, threading.Lock()

    def find(self, name, context):
        if name not in self.devices:
            context.abort(grpc.StatusCode.NOT_FOUND, f"device `{name}` was never prepared")
        return self.devices[name]

    def Describe(self, request, context):
        def field(name, purpose):
            return pb.DeclaredField(name=name, purpose=purpose, modes=[pb.MODE_NORMAL])

        return pb.DescribeResponse(
            product="example-browser-py", versions=["1.0"], clock=pb.CLOCK_VIRTUAL, activities=ACTIVITIES,
            endpoints=[pb.DeclaredEndpoint(host=VENDOR, served_in="DE", purpose="usage statistics")],
            fields=[field("install", "counting installations"), field("version", "telling versions apart"),
                    field("event", "counting what is used"), field("events.at", "counting by day"),
                    field("host", "finding sites that break"),
                    field("engine", "counting search engines")])

    def Prepare(self, request, context):
        with self.lock:
            device = self.devices.get(request.device)
            if device is None or request.reset == pb.RESET_FACTORY:
                self.devices[request.device] = Device(request, self.leak)
            else:
                device.advance(request.now_ms)
                device.reset(request)
        return pb.PrepareResponse()

    def Perform(self, request, context):
        with self.lock:
            device = self.find(request.device, context)
            device.advance(request.now_ms)
            return pb.PerformResponse(outcome=device.perform(request))

    def Advance(self, request, context):
        with self.lock:
            self.find(request.device, context).advance(request.to_ms)
        return pb.AdvanceResponse()

    def ReadControls(self, request, context):
        with self.lock:
            on = self.find(request.device, context).usage_on
        return pb.ReadControlsResponse(controls=[pb.Control(
            id="usage-data", label="Send usage data",
            description="Which sites break, and which search engines are used. Never from incognito windows.",
            positions=["on", "off"], position="on" if on else "off", default_position="on",
            promises=[pb.PROMISE_COLLECT, pb.PROMISE_SUPPRESS])])

    def OperateControl(self, request, context):
        with self.lock:
            device = self.find(request.device, context)
            device.advance(request.now_ms)
            device.switch(request.position == "on")
        return pb.OperateControlResponse(outcome=pb.OUTCOME_DONE)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:50052")
    parser.add_argument("--leak", choices=["incognito-url"])
    arguments = parser.parse_args()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    rpc.add_DeviceUnderTestServiceServicer_to_server(Client(arguments.leak), server)
    port = server.add_insecure_port(arguments.listen)
    server.start()
    print(f"listening on {arguments.listen.rsplit(':', 1)[0]}:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
