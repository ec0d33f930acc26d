"""CodeElo, end to end: contest problems, programs, verdicts, pass@k and a rating among people.

Paper: "CodeElo: Benchmarking Competition-level Code Generation of LLMs with Human-comparable Elo Ratings"
(https://arxiv.org/abs/2501.01257). The default asks no model: programs written for the purpose (right, wrong, slow,
memory-hungry, hostile ...) come through the scripted engine, so that every verdict is known beforehand.
"""
