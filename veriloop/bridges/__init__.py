"""One verifier, four trainers and evaluators: a TRL reward function, a verl ``compute_score``, an inspect_ai scorer, an
lm-eval metric.

A bridge only translates; what is right is the verifier's business. "Cannot score" stays apart from 0 in every one.
"""
