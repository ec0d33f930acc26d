"""Solutions -> verdicts. One file per kind of verifier; each judges all solutions of one problem at a time.

A verdict has a value or a reason for having none. What a verifier needs of another room (an engine, an
equality of answers) is handed to it. How verdicts become training data is feedback's business.
"""

KINDS: dict[str, str] = {
    "answer": "veriloop.verify.answer:Answer",
    "cascade": "veriloop.verify.cascade:Cascade",
    "code": "veriloop.verify.code:Code",
    "contrastive": "veriloop.verify.critic:ContrastiveCritic",
    "critic": "veriloop.verify.critic:Critic",
    "equations": "veriloop.verify.equations:Equations",
    "facts": "veriloop.verify.facts:Facts",
    "instructions": "veriloop.verify.instructions.verifier:Instructions",
    "judge": "veriloop.verify.judge:Judge",
    "length": "veriloop.verify.rules:Length",
    "min-token-probability": "veriloop.verify.surprise:MinTokenProbability",
    "montecarlo": "veriloop.verify.montecarlo:MonteCarlo",
    "outcome": "veriloop.verify.outcome:Outcome",
    "pairwise": "veriloop.verify.compare:Pairwise",
    "panel": "veriloop.verify.panel:Panel",
    "pattern": "veriloop.verify.rules:Pattern",
    "plus-minus": "veriloop.verify.plus_minus:PlusMinus",
    "pointwise": "veriloop.verify.compare:Pointwise",
    "pooling": "veriloop.verify.pooling:Pooling",
    "process": "veriloop.verify.process:Process",
    "router": "veriloop.verify.route:Router",
    "rubric": "veriloop.verify.rubric:Rubric",
}
