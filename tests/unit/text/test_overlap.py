"""Words of a text, and shared runs of them, against a brute-force reading of what a share is."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veriloop.text.overlap import NUMBER, Ngrams, telling, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"Compute $\frac{1}{2}$.", r"compute \(\dfrac12\)"),
        (r"Find $\left( x^{2} + 1 \right)$", "find  ( x^2+1 )!"),
        ("There’s a “nice” café…", "there's a nice cafe\u0301"),
        (r"It costs \$1,000 and 5\%", "It costs $1000, and 5%"),
        (r"$10{,}000$ or $10,\!000$", "10000 or 10000"),
        ("What is 2.50 × 3 ≤ 8?", r"what is $2.5 \cdot 3 \leq 8$"),
        (r"\begin{align*} x &= 1 \\ y &= 2 \end{align*}", "x = 1, y = 2"),
        (r"Is $\text{area} \neq 5 \quad$ ?", "is area ≠ 5"),
        ("a two-digit number", "a two digit number"),
        ("ＡＢＣ１２", "abc12"),
        ("[asy]draw((0,0));[/asy] Area?", "[asy] draw( (0,0) ); [/asy]\n\narea"),
        ("fill in ____ here", "fill in _ here"),
    ],
)
def test_the_dress_of_a_text_does_not_count(one, other):
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 12 + 3?", "What is 12 + 4?"),
        ("What is 1.5 + 3?", "What is 15 + 3?"),
        ("(1+2)*3", "1+(2*3)"),
        ("x - 1", "x + 1"),
        (r"\sin x", r"\cos x"),
        ("[asy]draw(1);[/asy] Area?", "[asy]draw(2);[/asy] Area?"),
        ("x_1", "x^1"),
    ],
)
def test_what_makes_another_problem_counts(one, other):
    assert words(one) != words(other)


def test_numbers_can_be_one_word_and_han_characters_are_words():
    assert words("7 cats ate 12.5 fish", numbers=False) == (
        NUMBER, "cats", "ate", NUMBER, "fish",
    )  # fmt: skip
    assert words("求和：1到10") == ("求", "和", "1", "到", "10")
    assert words("") == words(" . ! ") == ()


def test_numbers_and_pictures_tell_problems_apart():
    told = telling(words("[asy]draw(1);[/asy] 3 apples and 3 pears for 2"))
    assert {k: v for k, v in told.items() if k.isdecimal()} == {"3": 2, "2": 1}
    assert told.total() == 4
    assert not telling(words("three apples"))


@given(st.text(max_size=60))
def test_words_of_any_text_are_stable(text):
    once = words(text)
    assert all(once)
    assert words(text + "\n") == once


def covered(one, other, n):
    """How many words of ``one`` stand in runs of n words that ``other`` has too."""
    grams = {tuple(other[i : i + n]) for i in range(len(other) - n + 1)}
    places = set()
    for i in range(len(one) - n + 1):
        if tuple(one[i : i + n]) in grams:
            places |= set(range(i, i + n))
    return len(places)


texts = st.lists(st.sampled_from("abc"), max_size=14).map(tuple)


@given(st.lists(texts, max_size=5), st.lists(texts, max_size=5), st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_shares_are_those_of_counting_by_hand(documents, asked, n):
    found = Ngrams(n, tuple(documents)).overlaps(asked)
    for text, overlaps in itertools.zip_longest(asked, found):
        by_hand = {}
        for i, document in enumerate(documents):
            both = min(covered(text, document, n), covered(document, text, n))
            if both:
                by_hand[i] = both / min(len(text), len(document))
        assert {o.document: o.share for o in overlaps} == pytest.approx(by_hand)
        shares = [o.share for o in overlaps]
        assert shares == sorted(shares, reverse=True)


@given(st.lists(texts, min_size=2, max_size=5), st.lists(texts, max_size=4))
@settings(max_examples=60, deadline=None)
def test_common_runs_count_but_find_nothing_by_themselves(documents, asked):
    n = 2
    grams = [{d[i : i + n] for i in range(len(d) - n + 1)} for d in documents]
    found = Ngrams(n, tuple(documents), common=1).overlaps(asked)
    everything = Ngrams(n, tuple(documents)).overlaps(asked)
    for text, some, every in zip(asked, found, everything, strict=True):
        own = {text[i : i + n] for i in range(len(text) - n + 1)}
        rare = {
            j
            for j, held in enumerate(grams)
            if any(sum(gram in other for other in grams) == 1 for gram in own & held)
        }
        assert some == [overlap for overlap in every if overlap.document in rare]


def test_only_large_enough_shares_are_given():
    index = Ngrams(2, (("a", "b", "c", "d"), ("a", "b", "x", "y")))
    ((best, other),) = index.overlaps([("a", "b", "c", "d")])
    assert (best.document, best.share, other.document, other.share) == (0, 1.0, 1, 0.5)
    assert [o.document for o in index.overlaps([("a", "b", "c", "d")], 0.6)[0]] == [0]
    assert index.overlaps([("b", "c", "q", "new")], 0.6) == [[]]
    assert index.overlaps([]) == []
