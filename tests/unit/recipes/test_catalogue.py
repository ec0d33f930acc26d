"""The catalogue's rows: the paper's golden facts, closed vocabularies, and every composed row run on one problem."""

import asyncio
import importlib.util
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError
from veriloop.recipes.catalogue.compose import Ran, Selection, compose, needs
from veriloop.recipes.catalogue.grid import CELLS, State, fill, generic
from veriloop.recipes.catalogue.page import markdown_table
from veriloop.recipes.catalogue.rows import find_row, read_rows, read_types
from veriloop.records import ExampleKind, Form, Problem
from veriloop.search.tools.calculator import Calculator
from veriloop.search.tools.lookup import Lookup
from veriloop.search.tools.programs import Programs
from veriloop.testing import check_repr
from veriloop.testing.judge import SpokenJudge
from veriloop.verify import KINDS as VERIFIERS

ROWS = {row.names[0]: row for row in read_rows()}
RUNNING = [name for name, row in ROWS.items() if row.runs]


def test_the_paper_and_its_repository_list_33_rows():
    """Counted by hand in table 3 of arXiv 2411.11504 and the repository's list at 50cb4bc: 33 rows, of which three
    stand in the repository alone; merged names make them 38 methods, one more of which (WizardMath) is the
    repository's."""
    rows = read_rows()
    assert len(rows) == 33
    assert [r.names[0] for r in rows if r.listed == ("repo",)] == [
        "MCTS-DPO", "Chain of Preference Optimization", "RLVR"
    ]  # fmt: skip
    assert sum(len(row.names) for row in rows) == 38
    assert [name for row in rows for name in row.repo_names] == ["WizardMath"]
    assert Counter(row.feedback for row in rows) == {
        "imitation": 6, "preference": 7, "reinforcement": 9, "verifier-aware": 4, "verifier-guided": 7
    }  # fmt: skip
    assert Counter(row.search for row in rows) == {"linear": 27, "tree": 6}
    assert {row.names[0] for row in rows if row.search == "tree"} == {
        "MCTS-DPO", "Chain of Preference Optimization", "LLaMA-Berry", "ReST-MCTS", "UoT", "ToT"
    }  # fmt: skip


def test_inconsistencies_of_the_sources_stand_in_the_rows():
    assert "repo: code interpreter + human" in ROWS["ILF-Code"].tagged
    assert "retrieval paper of the same acronym" in ROWS["RAFT"].tagged
    assert "principles" in ROWS["SSO"].tagged
    assert "binary verifier" in ROWS["RLVR"].tagged


def test_every_row_names_papers_for_its_names():
    for row in ROWS.values():
        assert len(row.papers) == len(row.names), row.name
        assert all(re.fullmatch(r"(\d{4}\.\d{5})?", paper) for paper in row.papers), row.name
    papers = [paper for row in ROWS.values() for paper in row.papers if paper]
    assert len(papers) == len(set(papers)) == 37  # Code Alpaca has no paper


def test_table_2_has_nine_types_with_these_forms():
    """Golden: table 2 of arXiv 2411.11504."""
    types = {one.name: one for one in read_types()}
    assert len(types) == 9
    assert {name for name, t in types.items() if t.source == "model"} == {
        "ORM", "language model", "PRM"
    }  # fmt: skip
    assert {name for name, t in types.items() if t.trained} == {"ORM", "language model", "PRM"}
    assert types["PRM"].forms == ("score",)
    assert types["PRM"].granularities == ("token", "step")
    assert types["ORM"].granularities == ("trajectory",)
    assert {name for name, t in types.items() if t.forms == ("text",)} == {
        "search engine", "knowledge graph"
    }  # fmt: skip
    assert {name for name, t in types.items() if "token" in t.granularities} == {
        "code interpreter", "tool", "PRM"
    }  # fmt: skip
    assert types["code interpreter"].forms == ("binary", "score", "text")
    assert all(kind in VERIFIERS for one in types.values() for kind in one.kinds)


def test_at_least_24_of_the_33_run_and_the_others_say_what_lacks():
    assert len(RUNNING) >= 24
    for row in ROWS.values():
        assert row.runs != bool(row.lacks)
        assert all(one.part and one.why for one in row.lacks)


def test_verifiers_of_a_row_are_of_the_types_that_it_names():
    kinds = {one.name: set(one.kinds) for one in read_types()}
    for name in RUNNING:
        row = ROWS[name]
        allowed = set().union(*(kinds[verifier] for verifier in row.verifiers))
        used = {one["kind"] for one in row.parts["verifiers"]}
        assert used <= allowed, name


# One problem that every row can work on, and models that write as these methods' would.

PROBLEM = Problem("sums", "What is 3 + 4?", "7")
CODE = Problem(
    "code", "Add two numbers.", tests=({"input": "1 2\n", "output": "3\n"}, {"input": "5 7\n", "output": "12\n"})
)  # fmt: skip


def solve(request):
    """Even samples are right. A prefix is gone on with as it began."""
    right = "= 8" not in request.prefix if request.prefix else request.first % 2 == 0
    result = 7 if right else 8
    ending = rf"So \boxed{{{result}}}"
    return ending if request.prefix else f"3 + 4 = {result}.\n\n{ending}"


def judge(request):
    """Rates and judges by whether the wrong sum stands in what it is shown."""
    shown = request.prompt[-1].content
    if "<criteria>" in shown:
        response = shown.split("<request>")[1].split("</request>")[1].split("<criteria>")[0]
        low, high = re.findall(r"number from (\d+)|to (\d+) \(", shown.replace("\n", " "))
        return f"Checked. <score>{low[0] if '8' in response else high[1]}</score>"
    if "<solution_1>" in shown:
        return f"<better>{2 if '8' in shown.split('<solution_2>')[0] else 1}</better>"
    if "8" in shown:
        return "<analysis_1>3 + 4 is 7.</analysis_1><conclusion>Incorrect</conclusion>"
    return "<analysis_1>.</analysis_1><analysis_2>.</analysis_2><conclusion>Correct</conclusion>"


def both(request):
    shown = request.prompt[-1].content
    asked = any(tag in shown for tag in ("<criteria>", "<paragraph_1>", "<solution_1>"))
    return judge(request) if asked else solve(request)


def program(request):
    """Even samples pass, odd ones fail the first test."""
    if "<criteria>" in request.prompt[-1].content:
        return "<score>1</score>" if "WA" in request.prompt[-1].content else "<score>5</score>"
    return f"```python\nprint('{'AC' if request.first % 2 == 0 else 'WA'}')\n```"


class Same:
    """Equal texts are equal answers."""

    name = "same"

    async def equal(self, reference, answer):
        return reference == answer


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """A tiny outcome and a tiny process reward model, as such are published."""
    pytest.importorskip("torch")
    path = Path(__file__).parents[1] / "engines" / "tiny_published.py"
    spec = importlib.util.spec_from_file_location("tiny_published", path)
    published = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(published)
    orm = published.classifier(tmp_path_factory.mktemp("orm"), labels=1, kind="Sequence", seed=31)
    prm = published.skywork(tmp_path_factory.mktemp("prm"))
    return {"orm": str(orm), "prm": str(prm)}


def run(name, *, problem=PROBLEM, policy=both, **more):
    row = ROWS[name]
    cast = {"policy": Scripted(policy), "judge": Scripted(judge), "equality": Same(), **more}
    composed = compose(row, cast)
    assert set(needs(row)) <= set(cast)
    return asyncio.run(composed.run(problem, cast["policy"]))


def written(ran):
    return [(e.completions, e.labels) for e in ran.kept.examples]


RIGHT = ("3 + 4 = 7.", r"So \boxed{7}")
WRONG = ("3 + 4 = 8.", r"So \boxed{8}")


@pytest.mark.parametrize("name", ["STaR", "CAG"])
def test_imitation_of_right_answers_demonstrates_the_right_solution_alone(name):
    ran = run(name)
    assert written(ran) == [(RIGHT, ())]
    assert {e.kind for e in ran.kept.examples} == {ExampleKind.DEMONSTRATION}
    assert len(ran.group.solutions) == 4


def test_raft_imitates_what_the_reward_model_ranks_first(checkpoints):
    ran = run("RAFT", **checkpoints)
    scores = {v.solution: v.value for v in ran.group.verdicts}
    (example,) = ran.kept.examples
    assert len(set(scores.values())) == 2
    assert scores[example.solutions[0]] == max(scores.values())


def test_rlhf_gives_one_standardised_reward_a_response(checkpoints):
    ran = run("RLHF", **checkpoints)
    rewards = [labels[0] for _, labels in written(ran)]
    assert sum(rewards) == pytest.approx(0, abs=1e-6)
    assert sum(x * x for x in rewards) / 4 == pytest.approx(1)


def test_prm_chooses_the_best_scored_of_the_samples(checkpoints):
    ran = run("PRM", prm=checkpoints["prm"])
    scores = {v.solution: v.value for v in ran.group.verdicts if v.step_scores}
    assert len(scores) == 4
    assert scores[ran.chosen.id] == max(scores.values())


def test_preferences_of_a_language_model_are_right_over_wrong():
    ran = run("Self-Rewarding")
    assert written(ran) == [(("\n\n".join(RIGHT), "\n\n".join(WRONG)), ())]


def test_codeultrafeedback_pairs_programs_by_a_rating():
    ran = run("CodeUltraFeedback", problem=CODE, policy=program, judge=Scripted(program))
    assert len(ran.kept.examples) == 1
    chosen, rejected = ran.kept.examples[0].completions
    assert "AC" in chosen
    assert "WA" in rejected


@pytest.mark.parametrize("name", ["MCTS-DPO", "Chain of Preference Optimization"])
def test_trees_give_pairs_of_steps(name):
    ran = run(name)
    pairs = [(e.prompt[-1].role, *e.completions) for e in ran.kept.examples]
    assert ("user", RIGHT[0], WRONG[0]) in pairs
    assert all("8" not in chosen for _, chosen, _ in pairs)


def test_math_shepherd_rewards_steps_by_rollouts():
    labels = dict(written(run("Math-Shepherd")))
    assert labels == {RIGHT: (1.0, 1.0), WRONG: (0.0, 0.0)} or labels == {
        RIGHT: (1.0, 1.0), WRONG[:1]: (0.0,)
    }  # fmt: skip


def test_rltf_rewards_the_share_of_tests_passed():
    ran = run("RLTF", problem=CODE, policy=program, code_judge=SpokenJudge())
    assert [labels[0] for _, labels in written(ran)] == [1.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("name", "rewards"),
    [
        ("RLAIF", [0.5, -0.5, 0.5, -0.5]),
        ("SIRLC", [1.0, 0.0, 1.0, 0.0]),
        ("RLVR", [1.0, 0.0, 1.0, 0.0]),
    ],
)
def test_reinforcement_rows_reward_the_right_answers(name, rewards):
    ran = run(name)
    assert [labels[0] for _, labels in written(ran)] == rewards
    assert {e.kind for e in ran.kept.examples} == {ExampleKind.REWARD}


def test_rlfh_rewards_statements_up_to_the_first_wrong_one():
    assert written(run("RLFH")) == [(RIGHT, (1.0, 1.0)), (WRONG[:1], (0.0,))]


def test_rest_mcts_rewards_every_node_by_its_value():
    ran = run("ReST-MCTS")
    rewards = {completions[0]: labels[0] for completions, labels in written(ran)}
    assert rewards[RIGHT[0]] == rewards["\n\n".join(RIGHT)] == 1.0
    assert all(value == 0.0 for text, value in rewards.items() if "8" in text)


MENDED = "```python\ndef f():\n    x = 'AC'\n\n    print(x)\n\n\nf()\n```\n"


@pytest.mark.parametrize(
    ("refined", "imitated"),
    [(MENDED, [MENDED]), ("```python\nprint('WA')\n```", []), ("AC, without a program", [])],
)
def test_ilf_imitates_the_refinement_by_feedback_that_passes_the_rule_and_the_tests(
    refined, imitated
):
    """The feedback reaches the policy, and the program keeps the white space that it needs."""

    def write(request):
        if len(request.prompt) == 1:
            return "```python\nprint('WA') # draft\n```"
        assert "use a function" in request.prompt[-1].content
        return refined

    criticise = Scripted({}, default="It prints too soon: use a function. <score>2</score>")
    ran = run("ILF-Code", problem=CODE, policy=write, judge=criticise, code_judge=SpokenJudge())
    assert [completions for completions, _ in written(ran)] == [(text,) for text in imitated]
    assert [v.verifier for v in ran.group.verdicts] == ["rubric", "rubric", "panel", "panel"]


def reading(shown):
    """Goes by what the tool found alone: its own word, what its program printed, or the passage with the sum's end."""
    claim, found = (
        shown.split(f"<{tag}>\n")[1].split(f"\n</{tag}>")[0] for tag in ("claim", "found")
    )
    holds = {"supported": True, "True": True, "refuted": False, "False": False}.get(
        found.split(":")[0]
    )
    if holds is None:
        holds = re.findall(r"\d", claim)[-1] in found.partition("\n")[2]
    return f"<finding>{'supported' if holds else 'refuted'}</finding>"


def revising(request):
    """Wrong at first, right once something was said about it."""
    shown = request.prompt[-1].content
    if "<criteria>" in shown:
        return judge(request)
    if "claims" in shown:  # what the extractor is asked
        left, right = re.findall(r"(3 \+ 4) = (\d)", shown.split("</task>")[1])[0]
        python = "Python 3 program" in shown  # the tool's own description
        return (
            f"<claim_1>{f'print({left} == {right})' if python else f'{left} = {right}'}</claim_1>"
        )
    if "<claim>" in shown:
        return reading(shown)
    told = len(request.prompt) > 1
    return "\n\n".join(RIGHT if told else WRONG)


def test_self_refine_ends_with_what_its_own_rating_accepts():
    ran = run("Self-Refine", policy=revising)
    assert [s.steps for s in ran.group.solutions] == [WRONG, RIGHT]
    assert ran.chosen.steps == RIGHT


@pytest.mark.parametrize("tool", ["calculator", "lookup", "python"])
def test_critic_revises_by_what_a_tool_shows(tool, tmp_path):
    (tmp_path / "facts.txt").write_text("It is known that 3 + 4 = 7.")
    tools = {"calculator": Calculator(), "lookup": Lookup(str(tmp_path)), "python": Programs()}
    ran = run("CRITIC", policy=revising, judge=Scripted(revising), tool=tools[tool])
    assert [s.steps for s in ran.group.solutions] == [WRONG, RIGHT]
    assert [v.value for v in ran.group.verdicts] == [0.0, 1.0]
    assert ran.chosen.steps == RIGHT


def test_self_debug_repairs_by_the_failed_test():
    public = ({"input": "1 2\n", "output": "3\n", "sample": True}, *CODE.tests[1:])
    problem = Problem("code", "Add two numbers.", tests=public)

    def write(request):
        told = len(request.prompt) > 1
        assert not told or "1 2" in request.prompt[-1].content
        return f"```python\nprint('{'AC' if told else 'WA'}')\n```"

    ran = run("Self-Debug", problem=problem, policy=write, code_judge=SpokenJudge())
    assert "AC" in ran.chosen.text
    assert len(ran.group.solutions) == 2


def test_react_answers_by_what_the_documents_say(tmp_path):
    (tmp_path / "rivers.txt").write_text("The Aare flows through Bern.")

    def act(request):
        seen = request.prompt[-1].content
        if "<observation" in seen:
            return rf"\boxed{{{'Aare' if 'flows through Bern' in seen else 'unknown'}}}"
        return '<tool name="lookup">river Bern</tool>'

    river = Problem("t", "Which river flows through Bern?", "Aare")
    ran = run("ReAct", problem=river, policy=act, documents=str(tmp_path))
    assert ran.chosen.answer == "Aare"


def test_chain_of_verification_revises_by_answers_to_its_own_questions():
    def check(request):
        shown = request.prompt[-1].content
        if "<checks>" in shown:
            return "\n\n".join(RIGHT if "It is 7" in shown else WRONG)
        if "questions" in shown:
            return "<question>What is 3 + 4?</question>"
        return "It is 7." if "Answer this question" in shown else "\n\n".join(WRONG)

    ran = run("Chain-of-Verification", policy=check)
    assert [s.steps for s in ran.group.solutions] == [WRONG, RIGHT]
    assert ran.chosen.steps == RIGHT


def test_kgr_revises_what_the_graph_refutes(tmp_path):
    (tmp_path / "graph.tsv").write_text("Bern\tis capital of\tSwitzerland\n")

    def write(request):
        shown = request.prompt[-1].content
        if "claims" in shown:
            country = "Switzerland" if "is Switzerland" in shown else "Austria"
            return f"<claim_1>Bern | is capital of | {country}</claim_1>"
        return f"It is {'Switzerland' if len(request.prompt) > 1 else 'Austria'}."

    asked = Problem("t", "Of which country is Bern the capital?")
    row = replace(ROWS["KGR"], parts=json.loads(json.dumps(ROWS["KGR"].parts)))
    row.parts["verifiers"][0]["tool"]["single"] = ["is capital of"]
    cast = {
        "policy": Scripted(write),
        "judge": Scripted(write),
        "graph": str(tmp_path / "graph.tsv"),
    }
    ran = asyncio.run(compose(row, cast).run(asked, cast["policy"]))
    assert [s.text for s in ran.group.solutions] == ["It is Austria.", "It is Switzerland."]
    assert ran.chosen.text == "It is Switzerland."


def test_tree_of_thoughts_finds_the_solution_by_the_judges_ratings():
    ran = run("ToT")
    assert ran.chosen.steps == RIGHT
    assert {v.form for v in ran.group.verdicts} == {Form.SCORE}
    lost = run("ToT", judge=Scripted({}, default="I cannot say."))
    assert lost.chosen is None  # a judge that rates nothing chooses nothing


@pytest.mark.parametrize("name", RUNNING)
def test_a_composed_row_is_its_own_configuration(name):
    row = ROWS[name]
    stand_ins = {one: one for one in needs(row)}
    check_repr(compose(row, stand_ins))


def test_what_lacks_is_told_before_anything_is_made():
    with pytest.raises(InputError, match=r"Contrastive decoding does not run here: it lacks logit"):
        compose(ROWS["Contrastive decoding"], {})
    with pytest.raises(InputError, match=r"RLHF needs 'orm': give it in the cast"):
        compose(ROWS["RLHF"], {"policy": Scripted({})})


def test_rows_are_found_by_any_of_their_names():
    assert find_row("rft", ROWS.values()) is ROWS["STaR"]
    assert find_row("self refine", ROWS.values()) is ROWS["Self-Refine"]
    with pytest.raises(InputError, match="did you mean ReAct"):
        find_row("Reakt", ROWS.values())


GOOD = """
[[method]]
names = ["Mine"]
papers = [""]
search = "linear"
verifiers = ["tool"]
feedback = "imitation"
tasks = ["math"]
forms = ["binary"]
granularities = ["trajectory"]
[method.parts]
search = { kind = "sample", n = 2 }
verifiers = [{ kind = "answer", equality = "@equality" }]
feedback = { kind = "demonstrations" }
"""


def mine(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_an_own_row_is_composed_in_the_same_way(tmp_path):
    (row,) = read_rows(mine(tmp_path, GOOD))
    cast = {"policy": Scripted(solve), "equality": Same()}
    ran = asyncio.run(compose(row, cast).run(PROBLEM, cast["policy"]))
    assert written(ran) == [(RIGHT, ())]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            '"linear"',
            '"forest"',
            "row 1, field 'search': expected one of linear, tree, got 'forest'",
        ),
        ('["tool"]', '["oracle"]', "field 'verifiers': expected one of golden annotation"),
        ('["math"]', "[]", "field 'tasks': expected at least one"),
        ("papers =", "paper =", "field 'paper': no such field; there are names"),
        ('papers = [""]', "", "row 1: a field is missing"),
        ("[method.parts]", "[method.part]", "field 'part': no such field"),
        ("feedback = {", "feedbacks = {", "field 'parts': parts are search, verifiers, feedback"),
        ("[[method]]", "[[methods]]", "expected tables [[method]]"),
        ("[[method]]", "[[method", "not TOML"),
    ],
)
def test_a_bad_row_is_one_line_with_its_place(tmp_path, old, new, says):
    path = mine(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_rows(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"sample"', '"walk"', "no search of the kind 'walk'; there are"),
        ("n = 2", "m = 2", "Sample has no field 'm'; it has n"),
        ('"demonstrations"', '"pairs", margin = -1', "Pairs cannot be made: margin is at least 0"),
    ],
)
def test_parts_that_do_not_exist_are_named(tmp_path, old, new, says):
    (row,) = read_rows(mine(tmp_path, GOOD.replace(old, new, 1)))
    with pytest.raises(InputError, match=re.escape(says)):
        compose(row, {"policy": Scripted({}), "equality": Same()})


def test_the_grid_has_90_cells_and_each_row_stands_where_it_is_listed():
    grid = fill(ROWS.values())
    assert len(grid) == 90
    assert Counter(one.state for one in grid.values())[State.RUNS] >= 15
    assert grid["linear", "golden annotation", "imitation"].running == ("STaR", "CAG")
    assert grid["tree", "ORM", "preference"].state is State.LACKS
    assert grid["tree", "PRM", "verifier-guided"].state is State.POSSIBLE
    assert grid["tree", "code interpreter", "imitation"].state is State.EMPTY
    placed = Counter(name for one in grid.values() for name in (*one.running, *one.lacking))
    assert placed == {name: len(row.verifiers) for name, row in ROWS.items()}
    assert {cell for cell, one in grid.items() if cell[2] == "verifier-aware" and cell[0] == "tree"} == {
        cell for cell, one in grid.items() if cell[2] == "verifier-aware" and one.state is State.EMPTY
    }  # fmt: skip


def everything(request):
    """Policy and judge of every cell at once: writes, rates, states claims and reads evidence."""
    shown = request.prompt[-1].content
    if "claims" in shown and "</task>" in shown:
        said = "8" if "= 8" in shown.split("</task>")[1] else "7"
        return f"<claim_1>3 + 4 | is | {said}</claim_1>"
    if "<claim>" in shown:
        return reading(shown)
    if "<criteria>" in shown:
        return judge(request)
    if len(request.prompt) > 1:
        return "\n\n".join(RIGHT)
    return solve(request)


@pytest.fixture(scope="module")
def searched(checkpoints, tmp_path_factory):
    """What the parts of a cell make of the problem. Cells that differ in their writer alone share the search and its
    verdicts, so that no checkpoint is opened for each of five writers.
    """
    folder, groups = tmp_path_factory.mktemp("sources"), {}
    (folder / "docs").mkdir()
    (folder / "docs/sums.txt").write_text("3 + 4 is 7.")
    (folder / "graph.tsv").write_text("3 + 4\tis\t7\n")

    def run(cell):
        code = cell[1] == "code interpreter"
        policy = Scripted(program if code else everything)
        cast = {
            "policy": policy, "judge": Scripted(everything), "equality": Same(), **checkpoints,
            "documents": str(folder / "docs"), "graph": str(folder / "graph.tsv"), "code_judge": SpokenJudge(),
        }  # fmt: skip
        composed = compose(generic(cell), cast)
        key = composed.search, composed.verifiers
        if repr(key) not in groups:
            ran = asyncio.run(composed.run(CODE if code else PROBLEM, policy))
            groups[repr(key)] = ran.group
            return ran
        group, writer = groups[repr(key)], composed.feedback
        if isinstance(writer, Selection):
            return Ran(group, chosen=writer.choose(group))
        return Ran(group, writer.feedback(group))

    return run


@pytest.mark.parametrize("cell", [c for c in CELLS if generic(c)], ids="-".join)
def test_every_possible_cell_runs(cell, searched):
    ran = searched(cell)
    assert ran.group.solutions
    assert ran.chosen or ran.kept.examples or ran.kept.dropped
    blind = cell[1] in ("ORM", "PRM", "rule-based")  # know nothing of sums
    if not blind and cell[2] in ("imitation", "verifier-guided"):
        texts = [ran.chosen.text] if ran.chosen else [c[0] for c, _ in written(ran)]
        assert texts or cell[1] == "knowledge graph"
        assert not any("= 8" in text or "WA" in text for text in texts)


def test_the_docs_hold_the_rows(request):
    text = (request.config.rootpath / "docs/catalogue.md").read_text()
    shown = text.split("<!-- rows -->\n")[1].split("\n<!-- rows end -->")[0]
    assert shown == markdown_table(ROWS.values())
