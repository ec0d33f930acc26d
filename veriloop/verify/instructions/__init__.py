"""Verifiable instructions: all 25 of IFEval (arXiv 2311.07911), each a pure function of an answer, in ten languages.

``checking`` is the way in, ``verifier`` makes verdicts of it, ``tables`` holds what differs between languages. The
functions follow what an instruction *says*, not what the official scripts compute; where the text leaves a choice, the
function says which one was made. Scoring bug for bug as published is ``bench.pmmeval.official_instructions``.
"""
