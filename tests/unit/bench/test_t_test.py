"""Student's t against scipy's own paired test."""

import math

import numpy as np
import pytest
from scipy import stats

from veriloop.bench.t_test import paired_t, special, t_statistic, two_sided_p
from veriloop.errors import MissingExtra


@pytest.mark.parametrize("seed", range(5))
def test_the_paired_test_is_scipys(seed):
    generator = np.random.default_rng(seed)
    a, b = generator.integers(0, 2, (2, 30 + seed))
    t, df, p = paired_t(a - b)
    expected = stats.ttest_rel(a, b)
    assert (t, df, p) == pytest.approx((expected.statistic, expected.df, expected.pvalue))


def test_differences_without_spread():
    assert paired_t([0.0, 0.0, 0.0]) == (0.0, 2, 1.0)
    assert paired_t([-0.1] * 10) == (-math.inf, 9, 0.0)
    assert t_statistic(0.5, 0.25) == 2


def test_one_difference_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        paired_t([1.0])


def test_an_infinite_t_has_p_0():
    assert two_sided_p(math.inf, 3) == 0
    assert two_sided_p(2.0, 10) == pytest.approx(0.07339, abs=1e-5)  # Student's table


def test_scipy_is_opened_late():
    import subprocess
    import sys

    code = "import sys, veriloop.bench.comparison; assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert special("a test").stdtr(3, 0) == 0.5
    assert "veriloop[eval]" in str(MissingExtra("scipy", "eval", "p values of t-tests"))
