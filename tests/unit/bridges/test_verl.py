"""``compute_score`` called as verl documents it: keywords of one sample, or lists of a batch."""

import pytest

from veriloop.bridges.verl import batch_score_function, score_function
from veriloop.engines.scripted import Scripted
from veriloop.errors import InputError, VerifierError
from veriloop.verify.answer import Answer
from veriloop.verify.compare import Pairwise
from veriloop.verify.judge import Judge

DOWN = Judge(Scripted({}))  # a script without answers fails every call


def test_one_sample_is_a_score_with_what_it_is_worth():
    compute_score = score_function(Answer(), unscored="raise")
    said = compute_score(
        data_source="openai/gsm8k",
        solution_str="6 * 7 = 42\n#### 42",
        ground_truth="42",
        extra_info={"split": "train", "index": 3, "question": "What is 6 * 7?", "answer": "x"},
    )
    assert said == {"score": 1.0, "scored": 1.0, "unscored": ""}
    assert compute_score("s", "It is 41.", 42)["score"] == 0.0


def test_what_cannot_be_scored_gets_the_callers_choice_and_says_so():
    said = score_function(DOWN, unscored=-0.5)("s", "text", "42")
    assert said == {"score": -0.5, "scored": 0.0, "unscored": "engine"}
    with pytest.raises(VerifierError, match="judge cannot score a sample \\(engine\\): the script"):
        score_function(DOWN, unscored="raise")("s", "text", "42")
    with pytest.raises(TypeError, match="unscored"):
        score_function(DOWN)  # a choice that changes rewards has no default


def test_data_sources_have_verifiers_of_their_own():
    compute_score = score_function({"sums": "answer", "essays": DOWN}, unscored=0.0)
    assert compute_score("sums", "The answer is 1.", "1")["score"] == 1.0
    assert compute_score("essays", "The answer is 1.", "1")["unscored"] == "engine"
    with pytest.raises(InputError, match="data source 'poems': there are essays, sums"):
        compute_score("poems", "a", "1")


def test_a_batch_is_judged_by_groups():
    def better(request):
        shown = request.prompt[0].content
        return f"<better>{1 if shown.index('good') < shown.index('bad') else 2}</better>"

    compare = {"essays": Pairwise(Scripted(better)), "sums": Answer()}
    compute_score = batch_score_function(compare, unscored=0.0)
    said = compute_score(
        data_sources=["essays", "sums", "essays"],
        solution_strs=["bad", "The answer is 3.", "good"],
        ground_truths=[None, "3", None],
        extra_infos=[{"prompt": "Write."}, None, {"prompt": "Write."}],
    )
    assert [one["score"] for one in said] == [0.0, 1.0, 1.0]
    numbers = batch_score_function(Answer(), unscored=-1.0, numbers=True)
    assert numbers(["s"] * 2, ["The answer is 3."] * 2, ["3", None], [None] * 2) == [1.0, -1.0]
    alone = score_function(compare, unscored=0.25)("essays", "good", None)
    assert alone == {"score": 0.25, "scored": 0.0, "unscored": "alone"}
