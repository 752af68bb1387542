"""The opponent: a copy by O_DIRECT must be right, and as cheap as it can be."""

import pytest

from magpie import e2fsck, figures, ok, read_file, same

pytestmark = pytest.mark.guest

DEVICE = 2050           # instructions a page that are the ramdisk's own two transfers
LIMIT = 220             # what the kernel may add to them with a buffer of 1 MiB

DISK = pytest.mark.parametrize(
    "disk", ["", "ramdisk.latency_us=200 ramdisk.seed=7"], ids=["instant", "reorder"])


@DISK
def test_dcp_seen_from_outside(disk, tmp_path):
    data = bytes(i % 251 for i in range(2 << 20)) + b"and a piece of a page"
    (tmp_path / "odd").write_bytes(data)
    image = tmp_path / "kept.img"
    ok("--append", disk, "--add", f"{tmp_path}/odd:/data/odd", "--keep-image", image, "--",
       "/bin/dcp", "--buffer", "256", "/data/odd", "/tmp/odd")
    clean, words = e2fsck(image)
    assert clean, words
    assert same(read_file(image, "/tmp/odd", tmp_path / "copy"), data)


def test_dcp_instructions():
    got = figures(ok("--icount", "--", "/bin/dcp", "-v", "/data/big", "/tmp/big"))
    per_page = got["instructions"] / -(-got["bytes"] // 4096)
    print(f"{per_page:.0f} instructions a page, {per_page - DEVICE:.0f} above the device")
    assert got["bytes_copied"] == got["page_faults"] == got["pages_moved"] == 0
    assert DEVICE <= per_page <= DEVICE + LIMIT
