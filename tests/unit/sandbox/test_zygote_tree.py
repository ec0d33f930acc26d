"""A tree of real processes below a process of its own, seen as the launcher sees it where it has no namespace."""

import subprocess
import sys

TREE = """
import os, signal, time
from veriloop.sandbox import kernel
from veriloop.sandbox.zygote_tree import Tree, children_ns
kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
burn = 0.05
ready, done = os.pipe()
signal.alarm(30)
main = os.fork()
if main == 0:
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # whatever goes wrong, nobody waits for us, nor for long
    os.dup2(1, 2)
    signal.alarm(30)
    hold = b"x" * (40 << 20)
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.alarm(30)
                while time.process_time() < burn: pass
                os.write(done, b".")
                while True: time.sleep(9)
            os._exit(0)
    while True: time.sleep(9)
tree = Tree(main, os.open("/proc", os.O_RDONLY), False, 0, [], children_ns(), time.process_time_ns())
for _ in range(3): os.read(ready, 1)
tree.sample()
seen = len(tree.alive())
cpu, together = tree.cpu_ns(), tree.together
status = tree.end()
print(seen >= 4, cpu > 3 * burn * 1e9, 40 << 20 <= together < 80 << 20, status, tree.alive() == [],
      tree.cpu_ns() >= cpu, tree.rss > 40 << 20)
"""


def test_orphans_are_found_counted_and_ended():
    shown = subprocess.run([sys.executable, "-c", TREE], capture_output=True, text=True, timeout=60)
    assert shown.stdout.split() == ["True", "True", "True", "9", "True", "True", "True"], (
        shown.stderr
    )
