"""Does a lot of it: stages in pieces that resume, progress, and the account of what made a run.

What a stage does to an item is an async function given by the caller; engines and verbs are not
known here.
"""
