"""The judge attacked on the user's own machine: hostile programs, what each must show, and a table of what held.

The 25 attacks of the judge's threat model, compile bombs, and the death of the judge itself. The programs are in
``programs``; they are bounded by constants, so that one which is not held does no harm. What a mode does not claim to
hold is reported as such and not run.
"""
