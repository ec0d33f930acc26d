# An output validator of the ICPC convention: the output, on standard input, dictates exit code, message and score.
import sys

given, answer, feedback = sys.argv[1:4]
assert open(given).read() == "the input"
assert open(answer).read() == "the answer"
code, message, score = (sys.stdin.read().split("|") + ["", ""])[:3]
if message:
    open(feedback + "/judgemessage.txt", "w").write(message)
if score:
    open(feedback + "/score.txt", "w").write(score)
sys.exit(int(code))
