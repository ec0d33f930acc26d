# A checker of testlib's convention that reads what the interactor wrote: half the points for more than eight guesses.
import sys

guesses = int(open(sys.argv[2]).read())
if guesses > 8:
    sys.stderr.write("points 0.5 that is slow")
    sys.exit(7)
sys.stderr.write("ok quick")
