"""Claims checked by a tool: what each state makes of a verdict, what is asked, and that nothing unknown decides."""

import asyncio
from dataclasses import dataclass, field

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.protocols import Completion
from veriloop.records import Finish, Form, Group, Problem, Solution, Unscored
from veriloop.search.tools.calculator import Calculator
from veriloop.search.tools.graph import Graph
from veriloop.search.tools.observation import Observation
from veriloop.testing import check_verifier
from veriloop.verify import KINDS
from veriloop.verify.facts import Facts

PROBLEM = Problem("p", "Tell me of Paris.")
SOLUTION = Solution(PROBLEM.id, ("Paris is in France.", "It is its capital."), Finish.STOP)


@dataclass(frozen=True)
class Says:
    """A tool that answers each claim as told."""

    answers: dict = field(hash=False)
    name: str = "says"
    description: str = "says things."

    async def call(self, text):
        return self.answers.get(text, Observation("unknown"))


def verify(claims, tool, *, solution=SOLUTION, engine=None, **options):
    options.setdefault("decides", "tool")
    engine = engine or Scripted(lambda request: claims)
    return asyncio.run(Facts(engine, tool, **options).verify(Group(PROBLEM, (solution,))))[0]


def tagged(*claims):
    return "\n".join(f"<claim_{i}>{c}</claim_{i}>" for i, c in enumerate(claims, 1))


YES, NO = Observation("supported: so it is"), Observation("Refuted:\nit is Rome")


def test_the_contract_of_a_verifier():
    tool = Says({"a": YES})
    facts = Facts(Scripted(lambda request: tagged("a")), tool, decides="tool")
    asyncio.run(check_verifier(facts, rebuild=False))
    assert KINDS["facts"] == f"{Facts.__module__}:{Facts.__name__}"


@pytest.mark.parametrize(
    ("claims", "unknown", "value"),
    [
        (("yes", "yes too"), "abstain", 1.0),
        (("yes", "no"), "abstain", 0.0),
        (("what", "no"), "abstain", 0.0),
        (("yes", "what"), "abstain", None),
        (("yes", "what"), "ignore", 1.0),
        (("what",), "ignore", None),
        (("yes", "broken"), "abstain", None),
    ],
)
def test_what_the_states_make(claims, unknown, value):
    tool = Says(
        {"yes": YES, "yes too": YES, "no": NO, "broken": Observation(error="refuted: not at all")}
    )
    said = verify(tagged(*claims), tool, unknown=unknown)
    assert said.value == value
    assert said.form is Form.TEXT
    if value is None:
        assert said.unscored is Unscored.ABSTAINED
    assert [c["claim"] for c in said.detail["claims"]] == list(claims)


def test_what_is_refuted_is_told_with_its_step():
    said = verify(tagged("yes", "no"), Says({"yes": YES, "no": NO}))
    assert said.first_error == 1
    assert (
        said.critique == "This claim is refuted (step 2): no\nWhat was found: Refuted:\nit is Rome"
    )


def test_no_claims_unreadable_claims_and_failures_are_told_apart():
    tool = Says({})
    assert verify("no claims", tool).unscored is Unscored.ABSTAINED
    assert verify("Paris is fine.", tool).unscored is Unscored.UNPARSED
    cut = Completion(tagged("a"), Finish.LENGTH, 3)
    assert verify(cut, tool).unscored is Unscored.TRUNCATED
    failing = Scripted({}, default="x", failures={1: "timeout"})
    assert verify("", tool, engine=failing).unscored is Unscored.ENGINE
    assert verify("", tool, solution=Solution(PROBLEM.id, ())).unscored is Unscored.EMPTY


def test_a_model_reads_what_a_tool_only_shows():
    def write(request):
        said = request.prompt[0].content
        if "Write down at most" in said:
            return tagged("Paris is in France", "Paris is in Italy")
        right = "is in France\n</claim>" in said
        return f"<finding>{'supported' if right else 'refuted'}</finding>"

    engine = Scripted(write)
    tool = Says(
        {c: Observation("Paris is in France.") for c in ("Paris is in France", "Paris is in Italy")}
    )
    said = verify("", tool, engine=engine, decides="model")
    assert [c["state"] for c in said.detail["claims"]] == ["supported", "refuted"]
    assert (said.value, said.cost.calls) == (0.0, 3)
    assert "says things." in engine.requests[0].prompt[0].content
    assert "<found>\nParis is in France.\n</found>" in engine.requests[1].prompt[0].content


def test_a_reader_that_fails_leaves_no_value_but_what_is_refuted_stays_so():
    claims = tagged("one", "two")

    def write(request):
        return (
            claims if "Write down" in request.prompt[0].content else "<finding>supported</finding>"
        )

    tool = Says({"one": Observation("x"), "two": Observation("x")})
    failing = Scripted(write, failures={3: "timeout"})
    assert verify("", tool, engine=failing, decides="model").unscored is Unscored.ENGINE


def test_claims_are_bounded_and_asked_once():
    """What was not checked is unknown: two supported claims of three are not all."""
    said = verify(tagged("a", "b", "a", "c"), Says({"a": YES, "b": YES, "c": NO}), most=2)
    states = [(c["claim"], c["state"]) for c in said.detail["claims"]]
    assert states == [("a", "supported"), ("b", "supported"), ("c", "unknown")]
    assert said.unscored is Unscored.ABSTAINED


def test_what_a_model_thought_is_no_claim():
    said = verify(f"<think>{tagged('no')}</think>{tagged('yes')}", Says({"yes": YES, "no": NO}))
    assert [c["claim"] for c in said.detail["claims"]] == ["yes"]


def test_the_shipped_tools_decide(tmp_path):
    (tmp_path / "g.tsv").write_text("Paris\tcapital of\tFrance\n")
    graph = Graph(str(tmp_path / "g.tsv"), single=("capital of",))
    assert verify(tagged("Paris | capital of | France"), graph).value == 1.0
    assert verify(tagged("Paris | capital of | Italy"), graph).value == 0.0
    assert verify(tagged("Rome | capital of | Italy"), graph).value is None
    assert verify(tagged("3 * 4 = 12"), Calculator()).value == 1.0
    assert verify(tagged("3 * 4 = 13"), Calculator()).value == 0.0


def test_what_is_impossible_is_refused():
    with pytest.raises(ValueError, match="tool or model"):
        Facts(Scripted({}), Says({}), decides="nobody")
    with pytest.raises(ValueError, match="at least 1"):
        Facts(Scripted({}), Says({}), most=0)
