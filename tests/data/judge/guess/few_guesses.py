# A checker of testlib's convention that reads what the interactor wrote: half the points for more than eight guesses.
import sys
from pathlib import Path

guesses = int(Path(sys.argv[2]).read_text())
if guesses > 8:
    sys.stderr.write("points 0.5 that is slow")
    sys.exit(7)
sys.stderr.write("ok quick")
