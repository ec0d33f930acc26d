# The interactor refuses the tenth guess; the next input() raises EOFError, which must not make it RE.
for guess in range(1, 1001):
    print(guess, flush=True)
    if input() == "correct":
        break
