import sys
from pathlib import Path


def end(code, words):
    (Path(sys.argv[3]) / "judgemessage.txt").write_text(words)
    sys.exit(code)


secret = int(Path(sys.argv[1]).read_text())
for asked in range(1, 8):
    line = sys.stdin.readline()
    if not line.strip().isdigit():
        end(43, f"question {asked} is no number")
    if int(line) == secret:
        print("correct", flush=True)
        end(42, f"found after {asked}")
    print("higher" if int(line) < secret else "lower", flush=True)
end(43, "too many questions")
