"""All statistics of one run, on outcomes small enough to count by hand."""

from dataclasses import replace

import pytest

from veriloop.bench.pmmeval.outcomes import LOST, Answered, Judged, Outcome
from veriloop.bench.pmmeval.summary import CHRF, LOOSE, joined, score, summarise, system_name
from veriloop.bench.pmmeval.translation import corpus_bleu, corpus_chrf, judge_translation
from veriloop.bench.statistics import Bootstrap
from veriloop.errors import InputError
from veriloop.records import Problem

QUICK = Bootstrap(200)
UNREAD, GONE = Judged(None, "no letter"), Judged(None, LOST)


def judged(value):
    return value if isinstance(value, Judged) else Judged(float(value), rule="lead-in")


def outcomes(task, language, values, *, subset="", uids=True):
    return tuple(
        Outcome(task, language, i, f"{task}-{language}-{i}", judged(v), f"{task}-{i}" if uids else None, subset)
        for i, v in enumerate(values)
    )  # fmt: skip


def answered(*parts, model="m", setting="en", scoring="fixed"):
    return Answered(model, setting, scoring, tuple(o for part in parts for o in part))


def test_what_cannot_be_read_is_wrong_and_what_never_came_is_nothing():
    one = score(answered(outcomes("xnli", "en", [1, 1, 0, UNREAD, GONE])), QUICK)
    mean = one.means.languages["xnli", "en"]
    assert (mean.estimate.value, mean.estimate.n) == (50.0, 4)
    assert mean.bounds == (50.0, pytest.approx(200 / 3))
    assert mean.failed == 1
    assert dict(one.lost) == {("xnli", "en"): 1}


def test_answers_that_were_cut_are_counted_whatever_came_of_them():
    first, *others = outcomes("xnli", "en", [1, UNREAD, 0])
    cut = [replace(first, cut=True), *(replace(o, cut=o.row == 1) for o in others)]
    one = score(answered(cut, outcomes("xnli", "th", [1])), QUICK)
    assert dict(one.cut) == {("xnli", "en"): 2}


def test_a_task_is_the_plain_mean_of_its_languages():
    one = score(
        answered(outcomes("xnli", "en", [1, 1, 1, 0]), outcomes("xnli", "th", [0, 1])), QUICK
    )
    assert one.means.sets["xnli"].estimate.value == pytest.approx((75 + 50) / 2)
    assert one.means.suites.keys() == {"understanding"}


def test_parts_are_apart_and_loose_is_its_own():
    rows = (
        *outcomes("mmmlu", "en", [1, 1], subset="easy"),
        *outcomes("mmmlu", "en", [0, 0, 1], subset="hard"),
    )
    loose = tuple(
        Judged(float(v), rule="r", detail={"loose": w}) for v, w in ((0, 1), (0, 0), (1, 1))
    )
    one = score(answered(rows[:2], outcomes("mifeval", "en", loose)), QUICK)
    assert one.parts.sets["mmmlu, easy"].estimate.value == 100.0
    assert one.parts.sets[LOOSE].estimate.value == pytest.approx(200 / 3)
    assert one.means.sets["mifeval"].estimate.value == pytest.approx(100 / 3)
    hard = score(answered(rows[2:]), QUICK)
    assert hard.parts.sets["mmmlu, hard"].estimate.value == pytest.approx(100 / 3)


def test_flores_is_a_corpus_score_and_not_a_mean_of_sentences():
    references = [
        "we saw a white bird by the river today",
        "it rained all night and the road was wet",
    ]
    said = ["we saw a white bird by the river", "all night it rained and the road was wet"]
    told = [
        judge_translation(Problem("pmmeval/flores", "?", r, language="es"), a, "fixed")
        for r, a in zip(references, said, strict=True)
    ]
    empty = judge_translation(
        Problem("pmmeval/flores", "?", references[0], language="es"), "", "fixed"
    )
    one = score(answered(outcomes("flores", "es", [*told, empty])), QUICK)
    mean = one.means.languages["flores", "es"]
    assert mean.estimate.value == pytest.approx(corpus_bleu([*told, empty], scoring="fixed"))
    assert mean.estimate.value != pytest.approx(100 * sum(t.value for t in told) / 3, abs=0.5)
    assert mean.failed == 1
    assert mean.left_out is not None
    assert mean.left_out.value == pytest.approx(corpus_bleu(told, scoring="fixed"))
    assert one.parts.sets[CHRF].estimate.value == pytest.approx(corpus_chrf([*told, empty]))


def test_items_without_a_key_count_in_means_and_in_nothing_paired():
    loose = outcomes("xnli", "th", [1, UNREAD], uids=False)
    scores, failures = joined("s", loose, lambda o: [(o.task, o.value)])
    assert scores.unaligned == {("xnli", "th"): (1.0, 0.0)}
    assert failures.unaligned == {("xnli", "th"): 1}
    named, _ = joined("s", loose, lambda o: [(o.task, o.value)], by_row=True)
    assert list(named.scores["xnli", "th"].values()) == [1.0, 0.0]


def test_contrasts_differ_in_one_thing_alone():
    values = {("a", "en"): [1, 1, 1, 0], ("b", "en"): [0, 0, 1, 0], ("a", "native"): [1, 1, 1, 1]}
    given = [
        answered(outcomes("xnli", "en", own), model=m, setting=s, scoring=scoring)
        for (m, s), own in values.items()
        for scoring in ("official", "fixed")
    ]
    found = summarise(given)
    told = [(c.kind, c.held, c.comparison.first, c.comparison.second) for c in found.contrasts]
    assert told == [
        ("models", "prompt en", "a", "b"),
        ("settings", "a", "en", "native"),
        ("scorings", "a, prompt en", "fixed", "official"),
        ("scorings", "b, prompt en", "fixed", "official"),
        ("scorings", "a, prompt native", "fixed", "official"),
    ]
    assert found.contrasts[0].comparison.sets["xnli"].difference.value == 50.0
    assert found.contrasts[1].comparison.sets["xnli"].difference.value == -25.0
    assert all(c.comparison.overall.difference.value == 0 for c in found.contrasts[2:])
    assert found.transfers == ()  # one language
    assert found.scalings is None  # no sizes


def test_tasks_asked_in_one_way_have_no_difference_of_prompts():
    """MIFEval's prompt is the same in every setting: a difference of 0 would say that the language does not matter."""
    given = [
        answered(
            [*outcomes("mifeval", "en", [1, 0, 1]), *outcomes("xnli", "en", [1, 0, one])],
            setting=setting,
        )
        for setting, one in (("en", 1), ("native", 0))
    ]
    (contrast,) = summarise(given).contrasts
    assert set(contrast.comparison.sets) == {"xnli"}
    raw = [answered(outcomes("mifeval", "en", [1, 0]), setting=s) for s in ("en", "native")]
    assert summarise(raw).contrasts == ()


def test_the_scorings_are_compared_on_rows_without_a_key_too():
    given = [
        answered(outcomes("mgsm", "th", own, uids=False), scoring=scoring)
        for scoring, own in (("official", [0, 0, 1]), ("fixed", [1, 1, 1]))
    ]
    (contrast,) = summarise(given).contrasts
    assert contrast.comparison.sets["mgsm"].difference.value == pytest.approx(200 / 3)
    assert contrast.comparison.sets["mgsm"].n == 3


def said(task, code, found):
    return outcomes(task, code, [Judged(1.0, rule="json", extracted=x) for x in found])


def test_agreement_counts_equal_letters_where_options_are_shared():
    one = answered(said("mlogiqa", "en", "ABC"), said("mlogiqa", "th", "aBA"))
    shared = frozenset({("mlogiqa", "mlogiqa-0", "th"), ("mlogiqa", "mlogiqa-2", "th")})
    (told,) = summarise([one], shared=shared).transfers
    agreement = told.places["mlogiqa", "th"].agreement
    assert agreement is not None
    assert (agreement.value, agreement.n) == (50.0, 2)
    (none,) = summarise([one]).transfers
    assert "options in one order" in none.places["mlogiqa", "th"].reasons["agreement"]


def test_labels_of_xnli_and_numbers_mean_the_same_in_all_languages():
    one = answered(
        *(said("xnli", code, found) for code, found in (("en", "ABC"), ("th", "ABA"))),
        *(said("mgsm", code, found) for code, found in (("en", ["18", "3"]), ("th", ["18", "4"]))),
    )
    (told,) = summarise([one]).transfers
    found = [told.places[task, "th"].agreement for task in ("xnli", "mgsm")]
    assert [(x.value, x.n) for x in found if x] == [(pytest.approx(200 / 3), 3), (50.0, 2)]


def test_a_problem_in_several_programming_languages_is_one_draw():
    programs = ("java", "javascript", "python")
    rows = tuple(
        Outcome("humaneval_xl", code, i, "p", judged(right), f"humaneval-xl-{name}/{i}", name)
        for code in ("en", "fr")
        for name in programs
        for i, right in enumerate([1, 0, 1, 1, 0])
    )
    draws = {"humaneval_xl": {o.uid: f"problem {o.row}" for o in rows}}
    one = score(answered(rows), QUICK, draws=draws)
    mean = one.means.languages["humaneval_xl", "fr"]
    assert (mean.estimate.n, mean.clusters, one.means.sets["humaneval_xl"].clusters) == (15, 5, 5)
    apart = one.parts.languages["humaneval_xl, java", "fr"]
    assert mean.se == pytest.approx(apart.se)
    assert (apart.interval, apart.clusters) == ("wilson", 5)
    other = answered(rows[:15], model="n", scoring="fixed")
    (contrast,) = summarise([answered(rows), other], draws=draws).contrasts
    assert contrast.comparison.sets["humaneval_xl"].clusters == 5
    official = answered(rows, scoring="official")
    (contrast,) = summarise([answered(rows), official], draws=draws).contrasts
    assert contrast.comparison.sets["humaneval_xl"].clusters == 5


def test_sizes_that_names_do_not_say_are_given():
    given = [
        answered(outcomes("xnli", "en", own), model=name)
        for name, own in (("M-1B", [0, 0, 1]), ("M-4B", [1, 0, 1]))
    ]
    assert (summarise(given).scalings or {})["en"].families[0].points[1][:2] == ("M-4B", 4.0)
    told = summarise(given, sizes={"M-4B": 2.0}).scalings
    assert told is not None
    assert told["en"].families[0].points[1][:2] == ("M-4B", 2.0)


def test_nothing_answered_is_refused():
    with pytest.raises(InputError, match="no answer to summarise"):
        summarise([answered(outcomes("xnli", "en", [GONE, GONE]))])
    assert system_name("m", "en") == "m, prompt en"
