"""Problem -> solutions. One file per strategy, each one async function over one problem; engines batch.

Verifiers that steer a search arrive as arguments: this room imports no other verb.
"""

KINDS: dict[str, str] = {
    "beam": "veriloop.search.beam:Beam",
    "chain-of-verification": "veriloop.search.chain_of_verification:ChainOfVerification",
    "dvts": "veriloop.search.dvts:DiverseTrees",
    "greedy": "veriloop.search.greedy:GuidedGreedy",
    "mcts": "veriloop.search.tree:TreeSearch",
    "refine": "veriloop.search.refine:Refine",
    "sample": "veriloop.search.sample:Sample",
    "self-debug": "veriloop.search.debug:SelfDebug",
    "tools": "veriloop.search.tools.use:ToolUse",
    "tree-nodes": "veriloop.search.nodes:TreeNodes",
    "whole": "veriloop.search.whole:Whole",
}
