for guess in (500, 250):
    print(guess, flush=True)
    input()
raise ValueError("lost")
