"""Verdicts -> what a model learns from. Plain functions of a group: no engine, no file, no model.

What a filter leaves out is handed back with its reason and kept in a file of its own.
"""

KINDS: dict[str, str] = {
    "consensus": "veriloop.feedback.consensus:Consensus",
    "critiques": "veriloop.feedback.critiques:Critiques",
    "demonstrations": "veriloop.feedback.demonstrations:Demonstrations",
    "guarded": "veriloop.feedback.contamination:Guarded",
    "pairs": "veriloop.feedback.pairs:Pairs",
    "rewards": "veriloop.feedback.rewards:Rewards",
    "siblings": "veriloop.feedback.siblings:Siblings",
    "step-labels": "veriloop.feedback.labels:StepLabels",
}
