"""BM25 against the published formula: an example by hand, and brute force over every text."""

import math
import random
from collections import Counter

import pytest

from veriloop.search.tools.bm25 import Index, words

TEXTS = ("a cat sat", "a dog and a cat and a cow", "the dog")


def test_an_example_by_hand():
    """Three texts of 3, 8 and 2 words, 13/3 on average; k1 = 1.2, b = 0.75; "dog" is in two of them, once each."""
    rarity = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    second = rarity * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 8 / (13 / 3)))
    third = rarity * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / (13 / 3)))
    assert Index(TEXTS).best("dog", 5) == [(2, pytest.approx(third)), (1, pytest.approx(second))]
    assert (round(third, 4), round(second, 4)) == (0.6028, 0.3491)


def brute(texts, query, k1, b):
    """The formula, written out for every text."""
    cut = [words(t) for t in texts]
    mean = sum(map(len, cut)) / len(cut)
    scores = {}
    for place, text in enumerate(cut):
        counts, total = Counter(text), 0.0
        for word in words(query):
            n = sum(word in other for other in cut)
            idf = math.log(1 + (len(cut) - n + 0.5) / (n + 0.5))
            tf = counts[word]
            total += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(text) / mean)) if tf else 0
        if total > 0:
            scores[place] = total
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))


@pytest.mark.parametrize("seed", range(20))
def test_brute_force(seed):
    draw = random.Random(seed)
    texts = tuple(" ".join(draw.choices("abcdefg", k=draw.randint(1, 12))) for _ in range(30))
    query = " ".join(draw.choices("abcdefgh", k=4))
    k1, b = draw.choice([0.0, 1.2, 2.0]), draw.choice([0.0, 0.75, 1.0])
    expected = brute(texts, query, k1, b)
    found = Index(texts, k1, b).best(query, 99)
    assert dict(found) == pytest.approx(dict(expected), abs=1e-12)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert Index(texts, k1, b).best(query, 3) == list(found)[:3]


def test_equals_come_in_their_order_and_strangers_not_at_all():
    assert [place for place, _ in Index(("x y", "x z", "w")).best("x", 9)] == [0, 1]
    assert Index(("a", "b")).best("c", 3) == []
    assert Index(()).best("c", 3) == []


def test_words_of_many_scripts():
    assert words("Größe naïve_x 3.5%") == ["grösse", "naïve", "x", "3", "5"]
    assert words("서울은 東京") == ["서", "울", "은", "東", "京"]


def test_what_is_impossible_is_refused():
    with pytest.raises(ValueError, match=r"b in \[0, 1\]"):
        Index(("a",), b=2)
