# Reads one pair, although there are more.
a, b = map(int, input().split())
print(abs(a - b))
