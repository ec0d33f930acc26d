"""Judges programs against the tests of a problem: compile once, run, compare, and say how sure the verdict is.

    with CodeJudge.open() as judge:  # codejudge.judging
        problem = open_problem("problems/sum")  # codejudge.sets
        report = judge.judge(problem, Submission(source, "cpp17"))  # codejudge.problem
        print(report.code, report.failed)

It can be used alone. It knows nothing of language models; ``verify.code`` makes verdicts on solutions of it, ``bench``
ratings.
"""
