# An output validator of the ICPC convention: the output, on standard input, dictates exit code, message and score.
import sys
from pathlib import Path

given, answer, feedback = map(Path, sys.argv[1:4])
assert given.read_text() == "the input"
assert answer.read_text() == "the answer"
code, message, score = [*sys.stdin.read().split("|"), "", ""][:3]
if message:
    (feedback / "judgemessage.txt").write_text(message)
if score:
    (feedback / "score.txt").write_text(score)
sys.exit(int(code))
