"""Process reward models, end to end: labels, consensus, training, ProcessBench's F1, Best-of-N.

Paper: "The Lessons of Developing Process Reward Models" (https://arxiv.org/abs/2501.07301). The recipe knows no
world: problems, engines and an exact verifier, where there is one, arrive as arguments.
"""
