"""The shell as a person meets it: tools/magpie run in a pseudo-terminal, keys typed, answers
read.  Then as a tool meets it: pipelines whose output is compared byte for byte."""

import os
import pty
import random
import re
import select
import subprocess
import termios
import time
from collections import Counter

import pytest

from magpie import BUILD, TOOL, ok, run, same, told

pytestmark = pytest.mark.guest

# ---- a person ----------------------------------------------------------------------

class Shell:
    """tools/magpie run on a pseudo-terminal, and a person's hands and eyes."""

    def __init__(self):
        self.terminal, theirs = pty.openpty()
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.seen = b""
        self.tool = subprocess.Popen([TOOL, "run"], stdin=theirs, stdout=theirs,
                                     stderr=theirs, start_new_session=True)

    def type(self, keys):
        os.write(self.terminal, keys)

    def wait_for(self, text, seconds=40):
        """Read until @text has come; returns, and forgets, what came before it."""
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, f"no {text!r} in {self.seen!r}"
            if select.select([self.terminal], [], [], 0.2)[0]:
                self.seen += os.read(self.terminal, 4096)
        before, self.seen = self.seen.split(text, 1)
        return before

    def end(self):
        """Wait for the tool; its status, and is the terminal as it was?"""
        status = self.tool.wait(40)
        return status, termios.tcgetattr(self.theirs) == self.before

    def close(self):
        self.tool.kill()
        self.tool.wait()
        os.close(self.terminal)
        os.close(self.theirs)


@pytest.fixture
def shell():
    hands = Shell()
    hands.wait_for(b"Control-A x")
    yield hands
    hands.close()


def test_shell_greets_and_ends_by_poweroff(shell):
    shell.wait_for(b"forgets everything at poweroff")
    shell.wait_for(b"$ ")
    shell.type(b"echo one; echo two\r")
    shell.wait_for(b"one\r\n")
    shell.wait_for(b"two\r\n")
    shell.type(b"help\r")
    shell.wait_for(b"poweroff")
    shell.type(b"poweroff\r")
    assert shell.end() == (0, True)


def test_shell_backspace_and_control_d(shell):
    shell.wait_for(b"$ ")
    shell.type(b"echo wrongg\x7f\x7fly\r")
    shell.wait_for(b"wronly\r\n")
    shell.type(b"\x04")
    assert shell.end() == (0, True)


def test_shell_control_c_ends_the_program_only(shell):
    shell.wait_for(b"$ ")
    shell.type(b"cat\r")
    shell.wait_for(b"cat\r\n")
    shell.type(b"copied\r")
    shell.wait_for(b"copied\r\ncopied\r\n")
    shell.type(b"\x03")
    shell.wait_for(b"$ ")
    shell.type(b"echo still here\r")
    shell.wait_for(b"\nstill here\r\n")
    shell.type(b"\x04")
    assert shell.end() == (0, True)


def test_shell_end_by_force(shell):
    shell.wait_for(b"$ ")
    shell.type(b"\x01x")
    assert shell.end() == (0, True)


def prompted(shell):
    """Wait for the next prompt; what came before it."""
    return shell.wait_for(b"magpie:/$ ")


def answer(shell, line):
    """Type a line; what it prints, up to the next prompt."""
    shell.type(line + b"\r")
    shell.wait_for(line + b"\r\n")          # the echo
    return prompted(shell)


def test_editing(shell):
    prompted(shell)
    shell.type(b"echo abx\x7fc one two\x17three\r")
    shell.wait_for(b"\r\nabc one three\r\n")
    prompted(shell)
    shell.type(b"nonsense\x15echo line\r")
    shell.wait_for(b"\r\nline\r\n")


def test_pipes(shell):
    prompted(shell)
    assert answer(shell, b"echo a b c | wc -w") == b"3\r\n"
    assert answer(shell, b"cat /etc/passwd | cat | grep -c root") == b"1\r\n"
    assert answer(shell, b"yes | head -n 3 | wc -l") == b"3\r\n"
    assert answer(shell, b"cat /data/big | wc -c && echo done").endswith(b"\ndone\r\n")


def test_lines_that_go_on(shell):
    prompted(shell)
    shell.type(b"if true\r")
    shell.wait_for(b"\n> ")
    assert answer(shell, b"then echo it is; fi") == b"it is\r\n"
    shell.type(b"echo one |\r")
    shell.wait_for(b"\n> ")
    shell.type(b"\x03")
    prompted(shell)
    assert answer(shell, b"echo $?") == b"130\r\n"


def test_exit_status(shell):
    prompted(shell)
    assert answer(shell, b"false; echo is $?") == b"is 1\r\n"
    assert answer(shell, b"nonsense").endswith(b"not found\r\n")
    assert answer(shell, b"echo is $?") == b"is 127\r\n"
    assert answer(shell, b"echo 'open").endswith(b"not closed\r\n")
    assert answer(shell, b"echo is $?") == b"is 2\r\n"
    shell.type(b"exit 0\r")
    assert shell.end() == (0, True)


def test_background(shell):
    prompted(shell)
    assert re.fullmatch(rb"\[\d+\]\r\n", answer(shell, b"sleep 1 &"))
    assert answer(shell, b"echo at once") == b"at once\r\n"
    assert answer(shell, b"wait $!; echo waited $?").endswith(b"waited 0\r\n")
    answer(shell, b"cat &")                 # it does not get what is typed next
    assert answer(shell, b"wait $!; echo status $?").endswith(b"status 0\r\n")
    assert answer(shell, b"false & sleep 0.3").endswith(b"ended, status 1\r\n")


def test_control_c_and_the_foreground(shell):
    """It ends every program of the pipeline in front, and nothing else."""
    prompted(shell)
    answer(shell, b"sleep 1000 &")
    shell.type(b"yes | cat >/dev/null\r")
    shell.wait_for(b"/dev/null\r\n")
    time.sleep(1)
    shell.type(b"\x03")
    assert prompted(shell) == b"^C\r\n"
    assert answer(shell, b"echo is $?") == b"is 130\r\n"
    assert answer(shell, b"ps | grep -c yes") == b"0\r\n"
    assert answer(shell, b"ps | grep -c sleep") == b"1\r\n"


def test_control_c_at_any_moment(shell):
    """Also while the program is only about to run."""
    prompted(shell)
    for delay in (0, 0.001, 0.003, 0.01, 0.03):
        shell.type(b"cat\r")
        time.sleep(delay)
        shell.type(b"\x03")
        shell.wait_for(b"^C\r\n")
        prompted(shell)
    assert answer(shell, b"echo here") == b"here\r\n"


def test_control_c_gives_up_a_loop(shell):
    prompted(shell)
    shell.type(b"while true; do sleep 1; done; echo never\r")
    shell.wait_for(b"never\r\n")
    time.sleep(0.5)
    shell.type(b"\x03")
    assert prompted(shell) == b"^C\r\n"
    assert answer(shell, b"echo next") == b"next\r\n"


def test_control_c_at_the_prompt(shell):
    prompted(shell)
    shell.type(b"echo not this\x03")
    shell.wait_for(b"^C")
    prompted(shell)
    assert answer(shell, b"echo this") == b"this\r\n"


def test_control_c_at_the_prompt_spares_the_background(shell):
    """The group of the shell is init's, number 1: it is one group, not everybody."""
    prompted(shell)
    answer(shell, b"sleep 1000 &")
    shell.type(b"\x03")
    shell.wait_for(b"^C")
    prompted(shell)
    assert answer(shell, b"ps | grep -c sleep") == b"1\r\n"


def test_control_d_ends_a_programs_input(shell):
    prompted(shell)
    shell.type(b"wc -l\r")
    shell.wait_for(b"wc -l\r\n")
    shell.type(b"one\rtwo\r\x04")
    shell.wait_for(b"\n2\r\n")
    shell.type(b"\x04")
    assert shell.end() == (0, True)


def test_shell_in_the_shell(shell):
    prompted(shell)
    shell.type(b"sh\r")
    prompted(shell)
    shell.type(b"cat\r")
    shell.wait_for(b"cat\r\n")
    shell.type(b"\x03")
    prompted(shell)
    assert answer(shell, b"echo inner") == b"inner\r\n"
    assert answer(shell, b"exit 7") == b""
    assert answer(shell, b"echo outer $?") == b"outer 7\r\n"
    shell.type(b"poweroff\r")
    assert shell.end() == (0, True)


# ---- a tool ------------------------------------------------------------------------

@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Lines of words and numbers, some twice: the options that add them, the bytes."""
    pick = random.Random(3)
    words = [bytes(pick.choices(b"abcdefgh", k=pick.randint(1, 4))) for _ in range(400)]
    lines = [b"%s %d" % (pick.choice(words), pick.randint(0, 99)) for _ in range(5000)]
    text = b"\n".join(lines) + b"\n"
    path = tmp_path_factory.mktemp("shell") / "text"
    path.write_bytes(text)
    return ["--add", f"{path}:/data/text"], text


def says(options, command, wanted):
    done = run(*options, "--", "/bin/sh", "-c", command)
    assert done.returncode == 0, told(done)
    assert same(done.stdout, wanted), told(done)


def rows(lines):
    return b"".join(line + b"\n" for line in lines)


def test_pipeline_is_transparent(data):
    """Every byte value, through pipes of any depth, at odd block sizes."""
    options, _ = data
    sh = (BUILD / "root/bin/sh").read_bytes()
    says(options, "cat /bin/sh | cat | dd bs=777 2>/dev/null | tee /tmp/x | cat", sh)


def test_pipelines_of_text(data):
    options, text = data
    lines = text.splitlines()
    script = """
        cat /data/text | sort | head -n 50
        sort -u /data/text | wc -l
        grep '^a.*7$' /data/text | sort -r
        head -n 4000 /data/text | tail -n 3
        sort -n </data/text | tail -n 1 | wc -l
        grep -vc '[a-d]' /data/text || echo none
    """
    wanted = (rows(sorted(lines)[:50]) + b"%d\n" % len(set(lines))
              + rows(sorted((w for w in lines if re.fullmatch(rb"a.*7", w)), reverse=True))
              + rows(lines[3997:4000]) + b"1\n"
              + b"%d\n" % sum(not re.search(rb"[a-d]", w) for w in lines))
    says(options, script, wanted)


def test_large_data_through_a_pipe():
    big = int(ok("--", "/bin/sh", "-c", "wc -c </data/big"))
    assert ok("--", "/bin/sh", "-c", "cat /data/big | cat | wc -c") == f"{big}\n"
    ok("--", "/bin/sh", "-c", "cat /data/big | cmp - /data/big")


def test_pipe_costs_what_it_may():
    """From one process to another and back, in instructions."""
    said = ok("--icount", "--", "/test/t-pipe")
    assert int(re.search(r"round trip (\d+)", said)[1]) <= 2500


def test_many_pipelines():
    """The machine keeps its invariants while pipelines come and go."""
    script = """
        n=; while [ "$n" != xxxxxxxxxxxxxxxxxxxx ]; do
            n=x$n
            echo a | cat | cat | wc -l & echo b | cat >/dev/null; yes | head -n 1; wait
        done | sort
        cat /proc/magpie/check
    """
    said = Counter(ok("--icount", "--", "/bin/sh", "-c", script).splitlines())
    assert said["1"] == said["y"] == 20
    assert said["ok"] == 1
