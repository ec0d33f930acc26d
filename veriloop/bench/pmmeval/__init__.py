"""P-MMEval: eight parallel tasks in ten languages (https://arxiv.org/abs/2411.09116).

Rows become ``Item`` (``items``), items are aligned by ``uid``, asked as ``Problem`` in a prompt setting, and each
answer is scored twice: ``official``, bug for bug as the published numbers were made, and ``fixed``. The statistics
of parallel scores know nothing of this benchmark and stand in ``veriloop.bench``.
"""
