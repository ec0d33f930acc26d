print(37, flush=True)
assert input() == "higher"
