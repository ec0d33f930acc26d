# The first guess stays in the buffer (input() would flush it), so both wait for ever.
import sys

print(1)
sys.stdin.readline()
