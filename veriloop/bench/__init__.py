"""Benchmarks and their statistics: one file per benchmark, with the paper's name and link on top.

Everything is computed from records (solutions, verdicts, groups), so saved scores can be scored again without a
model. Every number stands with its interval, its n and how many were unscored. Pages are report's business.
"""

KINDS: dict[str, str] = {
    "best_of_n": "veriloop.bench.best_of_n:best_of_n",
    "biases": "veriloop.bench.biases:measure_biases",
    "codeelo": "veriloop.bench.codeelo.measuring:measure_codeelo",
    "first_error": "veriloop.bench.location:locate",
    "humaneval": "veriloop.bench.humaneval:measure_humaneval",
    "processbench": "veriloop.bench.processbench:run_processbench",
    "rating": "veriloop.bench.rating.aggregate:rate_models",
}
