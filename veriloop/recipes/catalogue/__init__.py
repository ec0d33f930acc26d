"""The catalogue: methods as (search, verifiers and combiner, feedback), in data, and composed from parts that run.

Source: "Verifier Engineering" (arXiv 2411.11504), tables 2 and 3, and its repository's list. What a part does is its
room's business; what is here says which parts a method is made of, and which it lacks.
"""
