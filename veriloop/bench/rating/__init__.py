"""Ratings of models on programming contests, comparable with people's (CodeElo, arXiv 2501.01257).

A model's verdicts become a contest score (``scores``), the score a place among the people of that contest and the
place a rating (``place``), the ratings of many contests a mean with intervals (``aggregate``) and a percentile of
people (``humans``). ``codeforces`` is the platform's own rating change and ``replay`` puts a model into a contest by
it. Everything works from files; nothing here judges programs or asks a platform.
"""
