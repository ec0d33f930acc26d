"""``veriloop serve model`` as a process of its own: another program gets what the weights give in this process."""

import asyncio
import math
import sys
from dataclasses import dataclass

import pytest

from veriloop.abacus import checkpoint
from veriloop.abacus.world import Gold, abacus_problems
from veriloop.engines.http import Http
from veriloop.engines.local import Local
from veriloop.engines.openai_wire import sample_seed
from veriloop.protocols import Reply, Request, Sampling, ScoreRequest
from veriloop.records import Finish, Group, Message
from veriloop.search.beam import Beam
from veriloop.search.growing import Stepwise
from veriloop.search.sample import Sample
from veriloop.testing import check_engine
from veriloop.verify.equality import MathEquality
from veriloop.verify.montecarlo import MonteCarlo

pytestmark = pytest.mark.slow
pytest.importorskip("fastapi", reason="`veriloop serve` needs fastapi")
pytest.importorskip("uvicorn", reason="`veriloop serve` needs uvicorn")

SAMPLING = Sampling(max_tokens=160)
PROBLEMS = abacus_problems(0, 2, "heldout")
PROBLEM = PROBLEMS[0]
CHAT = (Message("user", PROBLEM.text),)
TURNS = [{"role": "user", "content": PROBLEM.text}]


@dataclass(frozen=True)
class AsServed:
    """The weights here, asked as ``Http`` asks a server: each sample is a call with a seed of its own."""

    inner: Local

    @property
    def name(self):
        return self.inner.name

    async def generate(self, request):
        def alone(j):
            seed = sample_seed(request.seed, j)
            return Request(request.prompt, request.sampling, seed, 0, 1, request.prefix)

        indices = range(request.first, request.first + request.n)
        replies = await asyncio.gather(*(self.inner.generate(alone(j)) for j in indices))
        made = tuple(reply.completions[0] for reply in replies)
        return Reply(made, prompt_tokens=replies[0].prompt_tokens)

    async def score(self, request):
        return await self.inner.score(request)

    async def close(self):
        await self.inner.close()


@pytest.fixture(scope="module")
def url(served, tmp_path_factory):
    command = [sys.executable, "-m", "veriloop.cli", "serve", "model", "abacus:policy"]
    with served(command, tmp_path_factory.mktemp("log") / "serve.log") as url:
        yield url


@pytest.fixture
def client(url):
    import openai  # late: a second and a half, which whoever only collects the tests need not wait

    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def http(url, **options):
    return Http("policy", url, timeout=120, tokenizer=str(checkpoint("policy")), **options)


def with_engines(*engines, work):
    async def whole():
        try:
            return await work(*engines)
        finally:
            for engine in engines:
                await engine.close()

    return asyncio.run(whole())


def local(*requests):
    """What the weights give in this process."""

    async def work(engine):
        return await asyncio.gather(*(engine.generate(request) for request in requests))

    return with_engines(Local(str(checkpoint("policy"))), work=work)


def test_the_client_library_gets_the_samples_of_the_weights(client):
    answer = client.chat.completions.create(
        model="policy", messages=TURNS, n=4, seed=7, logprobs=True, max_tokens=160, temperature=1
    )
    (reply,) = local(Request(CHAT, SAMPLING, seed=7, n=4, logprobs=True))
    assert [c.message.content for c in answer.choices] == [c.text for c in reply.completions]
    assert [c.finish_reason for c in answer.choices] == [c.finish.value for c in reply.completions]
    assert len({c.message.content for c in answer.choices}) > 1
    for choice, completion in zip(answer.choices, reply.completions, strict=True):
        shown = choice.logprobs.content
        assert [x.logprob for x in shown] == pytest.approx(completion.logprobs)
        assert "".join(x.token for x in shown).startswith(choice.message.content)
        assert all(x.logprob <= 0 for x in shown)
    assert answer.usage.prompt_tokens == reply.prompt_tokens
    assert answer.usage.completion_tokens == sum(c.tokens for c in reply.completions)


def test_a_stop_string_ends_the_text_and_is_no_part_of_it(client):
    asked = {"model": "policy", "messages": TURNS, "seed": 7, "max_tokens": 160}
    whole = client.chat.completions.create(**asked).choices[0].message.content
    (choice,) = client.chat.completions.create(**asked, stop=["\n\n"]).choices
    assert "\n\n" in whole
    assert choice.message.content == whole.partition("\n\n")[0]
    assert choice.finish_reason == "stop"


def test_a_cut_text_says_so(client):
    (choice,) = client.chat.completions.create(
        model="policy", messages=TURNS, seed=7, max_tokens=3
    ).choices
    assert choice.finish_reason == "length"


def test_an_echoed_prompt_has_the_probabilities_that_the_weights_give_it(client):
    text = PROBLEM.text
    (choice,) = client.completions.create(
        model="policy", prompt=text, max_tokens=0, echo=True, logprobs=1
    ).choices

    async def work(engine):
        return await engine.score(ScoreRequest("", text))

    scored = with_engines(Local(str(checkpoint("policy"))), work=work)
    shown = choice.logprobs
    assert choice.text == "".join(shown.tokens) == text
    values = [x for x in shown.token_logprobs if x is not None]
    assert values == pytest.approx(scored.logprobs, abs=1e-5)
    assert shown.token_logprobs.count(None) <= 1, "only the first token has nothing before it"
    assert all(math.isfinite(x) and x <= 0 for x in values)


def test_our_own_client_keeps_the_contract_of_an_engine_there(url):
    asyncio.run(check_engine(http(url), prompts=(CHAT, PROBLEM.text)))


def test_continuations_are_scored_alike(url):
    async def work(server, weights):
        request = ScoreRequest(CHAT, "3 + 4 = 7.\n\nSo it is 7.")
        return await server.score(request), await weights.score(request)

    there, here = with_engines(http(url), Local(str(checkpoint("policy"))), work=work)
    assert there.tokens == here.tokens
    assert there.offsets == here.offsets
    assert there.logprobs == pytest.approx(here.logprobs, abs=1e-5)


def test_search_and_rollouts_there_are_search_and_rollouts_here(url):
    """Equal solutions, equal rollouts sample for sample, equal labels, through either engine."""

    async def work(server, weights):
        equality, made = MathEquality(), []
        try:
            for engine in (server, weights):
                mc = MonteCarlo(engine, equality, 2, estimate="soft", sampling=SAMPLING, seed=2)
                found = [await Sample(2, SAMPLING, 1).search(p, engine) for p in PROBLEMS]
                groups = [Group(p, s) for p, s in zip(PROBLEMS, found, strict=True)]
                verdicts = await asyncio.gather(*(mc.verify(group) for group in groups))
                made.append((found, verdicts))
        finally:
            await equality.close()
        return made

    weights = AsServed(Local(str(checkpoint("policy"))))
    there, here = with_engines(http(url, samples_per_call=1), weights, work=work)
    assert there[0] == here[0]
    assert there[1] == here[1]
    assert all(verdict.scored for verdicts in there[1] for verdict in verdicts)
    assert sum(v.cost.rollouts for verdicts in there[1] for v in verdicts) > 0


def test_a_guided_search_there_finds_what_it_finds_here(url):
    """The stop string travels: the end of a step is not taken for the end of a solution, nor the other way."""
    search = Beam(Gold(), 2, 3, Stepwise(SAMPLING, seed=4))

    async def work(server, weights):
        return [
            [await search.trace(problem, engine) for problem in PROBLEMS]
            for engine in (server, weights)
        ]

    weights = AsServed(Local(str(checkpoint("policy"))))
    there, here = with_engines(http(url, samples_per_call=1), weights, work=work)
    assert [found.solutions for found in there] == [found.solutions for found in here]
    assert [found.verdicts[0].step_scores for found in there] == [
        found.verdicts[0].step_scores for found in here
    ]
    assert max(len(s.steps) for found in there for s in found.solutions) > 2
    assert all(s.finish is Finish.STOP for found in there for s in found.solutions)
