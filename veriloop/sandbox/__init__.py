"""Runs untrusted programs: limits, isolation, one run at a time in a reused box.

A box is a resident launcher that stays inside its namespaces and forks one program after another; ``Sandbox`` keeps
a pool of them. What the programs are for (tests, checkers, compilers) is ``codejudge``'s business, and nothing
here knows of problems or verdicts.
"""
