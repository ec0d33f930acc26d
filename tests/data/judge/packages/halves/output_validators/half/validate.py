# All lines: one point. The first only: half of one.
import sys
from pathlib import Path

answer, feedback = Path(sys.argv[2]).read_text().split(), Path(sys.argv[3])
given = sys.stdin.read().split()
score = 1.0 if given == answer else 0.5 if given[:1] == answer[:1] else 0.0
(feedback / "judgemessage.txt").write_text(f"{len(given)} lines of {len(answer)}")
if score:
    (feedback / "score.txt").write_text(str(score))
sys.exit(42 if score else 43)
