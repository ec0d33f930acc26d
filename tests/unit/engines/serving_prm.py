"""Handlers for the loopback server that pool with a real tiny network, in the shapes that servers answer in.

Each does what its server is documented to do: it reads the ids that it gets, and its own idea of where steps end.
"""

import torch


def rows_of(network, ids):
    """Logits [T, 2] of a Qwen2ForProcessRewardModel at every token, by its parts."""
    with torch.no_grad():
        hidden = network.model(torch.tensor([ids])).last_hidden_state[0]
        return network.score(hidden)


def usage(count):
    return {"prompt_tokens": count, "total_tokens": count, "completion_tokens": 0}


def vllm(network, *, step_tag=None, default_activation=True):
    """vLLM's ``/pooling``: a row for every token, or at step tags where the server was started so."""

    def answer(body, _):
        ids = body["input"]
        rows = rows_of(network, ids)
        if body.get("use_activation", default_activation):
            rows = rows.softmax(-1)
        if step_tag is not None:
            rows = rows[torch.tensor(ids) == step_tag]
        data = [{"index": 0, "object": "pooling", "data": rows.tolist()}]
        return {"object": "list", "model": body["model"], "data": data, "usage": usage(len(ids))}

    return answer


def classify(network):
    """vLLM's ``/classify`` of whole sequences, answered in no particular order."""

    def answer(body, _):
        data = []
        for index, ids in enumerate(body["input"]):
            row = rows_of(network, ids)[-1]
            probs = (row.softmax(-1) if body.get("use_activation", True) else row).tolist()
            data.append({"index": index, "label": "LABEL_1", "probs": probs, "num_classes": 2})
        return {"object": "list", "data": data[::-1], "usage": usage(1)}

    return answer


def sglang(network):
    """SGLang's ``/classify``: raw numbers at the last token of each sequence, as a bare list."""

    def answer(body, _):
        return [
            {"embedding": rows_of(network, ids)[-1].tolist(), "meta_info": {"prompt_tokens": 1}}
            for ids in body["input_ids"]
        ]

    return answer
