"""Judges programs against the tests of a problem: compile once, run, compare, and say how sure the verdict is.

It can be used alone (``CodeJudge``). It knows nothing of language models; ``verify.code`` makes verdicts on
solutions of it, ``bench`` ratings.
"""
