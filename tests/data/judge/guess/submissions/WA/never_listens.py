# Dies of SIGPIPE, or of its exception, once the interactor has refused.
while True:
    print(1, flush=True)
