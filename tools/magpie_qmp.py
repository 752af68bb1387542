"""QEMU's monitor, in its form for programs (QMP): one JSON object a line.

It plays the person before the machine: types on the keyboard, looks at the screen.
"""

import json
import socket

from magpie_image import Failure

# The keys of a US keyboard, by what they print: QEMU's names for them.
KEYS = {" ": "spc", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
        ";": "semicolon", "'": "apostrophe", "`": "grave_accent", "\\": "backslash",
        ",": "comma", ".": "dot", "/": "slash", "\n": "ret", "\t": "tab",
        "\x1b": "esc", "\x7f": "backspace"}
KEYS |= {c: c for c in "abcdefghijklmnopqrstuvwxyz0123456789"}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./"))
SHIFTED |= {c.upper(): c for c in "abcdefghijklmnopqrstuvwxyz"}

HOLD_MS = 15                            # how long a key is down; as long it is up


class Qmp:
    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.lines = self.ours.makefile("r", encoding="utf-8")
        self.events = []

    def options(self):
        """For QEMU's command line; it inherits @theirs."""
        return ["-chardev", f"socket,id=qmp,fd={self.theirs.fileno()}",
                "-mon", "chardev=qmp,mode=control"]

    def begin(self):
        """After QEMU was started."""
        self.theirs.close()
        self.receive()                                  # its greeting
        self.call("qmp_capabilities")

    def receive(self):
        try:
            line = self.lines.readline()
        except ConnectionResetError:
            line = ""
        if not line:
            raise Failure("QEMU has ended (without DISPLAY and WAYLAND_DISPLAY it opens no window)")
        return json.loads(line)

    def call(self, name, **arguments):
        words = {"execute": name, "arguments": arguments}
        try:
            self.ours.sendall(json.dumps(words).encode() + b"\n")
        except BrokenPipeError:
            pass                                        # receive() says what that means
        while True:
            answer = self.receive()
            if "error" in answer:
                raise Failure(f"QEMU: {name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
            self.events.append(answer)

    def end(self):
        """After QEMU has ended: what it still had to say."""
        try:
            while True:
                self.events.append(self.receive())
        except Failure:
            self.ours.close()

    def was_closed(self):
        """Did a person end the machine: close its window, or choose that from its menu?"""
        return any(e.get("event") == "SHUTDOWN" and e["data"]["reason"].startswith("host-")
                   for e in self.events)

    def press(self, *keys):
        """Press these keys, named as QEMU names them, together."""
        self.call("send-key", keys=[{"type": "qcode", "data": k} for k in keys],
                  **{"hold-time": HOLD_MS})

    def type(self, text):
        for c in text:
            if c in SHIFTED:
                self.press("shift", KEYS[SHIFTED[c]])
            elif c in KEYS:
                self.press(KEYS[c])
            elif 0 < ord(c) < 27:                       # control and a letter
                self.press("ctrl", KEYS[chr(ord(c) | 0x60)])
            else:
                raise Failure(f"there is no key for {c!r}")
