"""Tools that a model may call while it solves a problem, and the loop in which it does.

A tool is a name, a description and one async call from text to an ``Observation``. Which text calls a tool is
``grammar``, the loop ``use``; verifiers that check claims get a tool handed to them and know its shape alone.
"""

KINDS: dict[str, str] = {
    "calculator": "veriloop.search.tools.calculator:Calculator",
    "graph": "veriloop.search.tools.graph:Graph",
    "lookup": "veriloop.search.tools.lookup:Lookup",
    "python": "veriloop.search.tools.programs:Programs",
}
