"""One verifier, five trainers and evaluators: a TRL reward function, verl's ``compute_score``, OpenRLHF's
``reward_func``, an inspect_ai scorer, an lm-eval metric.

A bridge only translates; what is right is the verifier's business. "Cannot score" stays apart from 0 in every one.
"""
