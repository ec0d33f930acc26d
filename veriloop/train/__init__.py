"""Examples -> weights. One file per kind of model; losses are pure functions, loops are plain.

Which examples are worth learning from is ``feedback``'s business, and measuring what came of it ``bench``'s.
"""
