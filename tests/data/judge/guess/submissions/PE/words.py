print("seven", flush=True)
input()
