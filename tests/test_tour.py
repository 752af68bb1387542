"""The README's five minutes, typed as they stand there, on every kind of machine that it
names."""

import re
import subprocess

import pytest

from magpie import BUILD, TOOL, TOP, e2fsck, figures, told

pytestmark = pytest.mark.guest

PROMPT = "magpie:/$ "
ZERO = ("bytes_copied", "page_faults", "page_tables", "tlb_invalidations", "fallbacks")


def tour():
    """The commands that the README shows behind a prompt."""
    lines = re.findall(r"(?m)^    magpie:/\$ (.*)$", (TOP / "README.md").read_text())
    return [re.split(r"\s{2,}", line)[0] for line in lines]


@pytest.fixture(params=["ramdisk", "iso", "disk"])
def machine(request, tmp_path):
    """The words for tools/magpie run; what was written is in order afterwards."""
    if request.param == "ramdisk":
        yield ["--fsck"]
    elif request.param == "iso":
        subprocess.run(["make", "-C", TOP, "iso"], stdout=subprocess.DEVNULL, check=True)
        yield ["--iso"]
    else:
        disk = tmp_path / "disk.img"
        subprocess.run(["cp", "--sparse=always", BUILD / "root.img", disk], check=True)
        yield ["--disk", disk]
        clean, words = e2fsck(disk)
        assert clean, words


def test_readme_tour(machine):
    commands = tour()
    assert commands[0] == "ls -l /data" and commands[-1] == "poweroff" and len(commands) > 5
    done = subprocess.run([TOOL, "run", "--timeout", "120", *machine], timeout=150,
                          input="".join(c + "\n" for c in commands).encode(),
                          capture_output=True, check=False)
    assert done.returncode == 0, told(done)
    text = done.stdout.decode().replace("\r", "")
    size = int(re.search(r"(\d+) \S+ \S+ big\n", text)[1])
    assert size > 16 << 20, "a real file"
    costs = re.findall(rf"bytes {size}\n(.*?)context_switch_tlb", text, re.S)
    by_read, by_moving = map(figures, costs)
    assert by_read["bytes_copied"] == 2 * size
    assert {name: by_moving[name] for name in ZERO} == dict.fromkeys(ZERO, 0)
    assert by_moving["pages_moved"] == -(-size // 4096)
    assert "differ" not in text and "EOF" not in text
    assert re.search(r"(?m)^frames_moved \d+$", text)
