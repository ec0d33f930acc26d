"""CodeElo: programs for contest problems, judged, and comparable with people (arXiv 2501.01257).

``problems`` and ``reading`` are the problem store, ``prompts`` what a model is asked, ``submitting``, ``local`` and
``remote`` how programs reach a judge, ``attempts`` a model's verdict lists, ``summary`` what they come to. Contest
scores and ratings are ``bench.rating``'s business, running programs is ``codejudge``'s.
"""
