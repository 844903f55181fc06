"""Carries the frames of impaired links between their two inner ends: late, or not at all.

One process for all impaired links of a lab. A frame is taken from a packet socket with its virtio header
(PACKET_VNET_HDR, packet(7)), so that checksums which the sender left to its hardware, and segments that it left
together, arrive as they were. Frames of one direction leave in the order in which they came. A process without frames
to carry sleeps.

Standard input takes one JSON object a line, each answered by one on standard output:
  {"id": 1, "link": "link0", "ends": ["w0a", "w0b"], "delay": 0.01, "jitter": 0, "loss": 0.1, "spare": false}
  {"id": 2, "link": "link0"}                                                                    carry it no longer
Delay and jitter are seconds, loss is 0 to 1; spare: control frames pass at once and are not lost.
It ends with its input.
"""
import collections
import errno
import json
import os
import random
import select
import socket
import sys
import time

SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 15, 23, 3
SO_RCVBUFFORCE = 33
LARGEST = 10 + 14 + 4 + 65536
# At most this many frames wait in a direction: 2 s of 10,000 a second. More are lost, as in a router's queue.
QUEUE = 20_000
BURST = 64
VNET_HEADER, BGP = 10, 179


def is_control(frame):
    """BGP, ARP (RFC 826) and neighbor discovery (RFC 4861)."""
    kind, packet = frame[VNET_HEADER + 12 : VNET_HEADER + 14], frame[VNET_HEADER + 14 :]
    if kind == b"\x08\x06":
        return True
    if kind == b"\x08\x00" and len(packet) >= 20:
        protocol, payload = packet[9], packet[(packet[0] & 15) * 4 :]
    elif kind == b"\x86\xdd" and len(packet) >= 40:
        protocol, payload = packet[6], packet[40:]
        if protocol == 58 and payload[:1] and 133 <= payload[0] <= 137:
            return True
    else:
        return False
    ports = payload[0:2], payload[2:4]
    return protocol == 6 and any(int.from_bytes(port, "big") == BGP for port in ports)


class Direction:
    def __init__(self, source, target):
        self.source, self.target = source, target
        self.delay = self.jitter = self.loss = 0.0
        self.spare = False
        self.waiting = collections.deque()
        self.last = 0.0

    def take(self, now):
        for _ in range(BURST):
            try:
                frame = self.source.recv(LARGEST)
            except BlockingIOError:
                return
            except OSError:  # the end went down, or away: what was on its way is lost
                self.waiting.clear()
                return
            if self.spare and is_control(frame):
                self.send(frame)
                continue
            if self.loss and random.random() < self.loss or len(self.waiting) >= QUEUE:
                continue
            due = now + self.delay
            if self.jitter:
                due += random.uniform(-self.jitter, self.jitter)
            self.last = max(self.last, due)
            self.waiting.append((self.last, frame))

    def give(self, now):
        waiting = self.waiting
        while waiting and waiting[0][0] <= now:
            _, frame = waiting.popleft()
            self.send(frame)

    def send(self, frame):
        try:
            self.target.send(frame)
        except OSError as error:
            if error.errno not in (errno.ENETDOWN, errno.ENXIO, errno.ENOBUFS, errno.EMSGSIZE, errno.EAGAIN, errno.EINVAL):
                raise


def open_end(device):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    try:
        end.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    except PermissionError:
        pass
    end.setblocking(False)
    end.bind((device, ETH_P_ALL))
    return end


class Carrier:
    def __init__(self):
        self.links = {}
        self.by_source = {}

    def set(self, order):
        name = order["link"]
        ends = order.get("ends")
        self.drop(name) if ends is None or order.get("anew") else None
        if ends is None:
            return
        if name not in self.links:
            a, b = (open_end(device) for device in ends)
            self.links[name] = (Direction(a, b), Direction(b, a))
            for direction in self.links[name]:
                self.by_source[direction.source] = direction
        for direction in self.links[name]:
            direction.delay, direction.jitter, direction.loss = order["delay"], order["jitter"], order["loss"]
            direction.spare = order["spare"]

    def drop(self, name):
        for direction in self.links.pop(name, ()):
            del self.by_source[direction.source]
            direction.source.close()

    def wait(self, control):
        due = min((d.waiting[0][0] for d in self.by_source.values() if d.waiting), default=None)
        timeout = None if due is None else max(0.0, due - time.monotonic())
        readable, _, _ = select.select([control, *self.by_source], [], [], timeout)
        return readable


def main():
    carrier, control, text = Carrier(), 0, b""
    while True:
        readable = carrier.wait(control)
        now = time.monotonic()
        for source in readable:
            if source in carrier.by_source:
                carrier.by_source[source].take(now)
        for direction in carrier.by_source.values():
            if direction.waiting:
                direction.give(time.monotonic())
        if control not in readable:
            continue
        chunk = os.read(control, 65536)
        if not chunk:
            return
        *lines, text = (text + chunk).split(b"\n")
        for line in lines:
            order = json.loads(line)
            answer = {"id": order["id"]}
            try:
                carrier.set(order)
            except OSError as error:
                answer["error"] = str(error)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
