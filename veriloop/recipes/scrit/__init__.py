"""SCRIT: a critic that improves itself (arXiv 2501.05727), on any problems with checkable answers.

A critic writes critiques beside right solutions of the same problems, keeps those that it accepts itself, and learns to
write them without. The loop sees no gold label and no model stronger than its own critic; gold labels only measure.
"""
