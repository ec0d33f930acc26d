def distance(a, b):
    return 0 if a == b else 1 + distance(a + 1, b)


a, b = sorted(map(int, input().split()))
print(distance(a, b + 10000))
