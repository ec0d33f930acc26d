import copy

import torch

from veriloop.train.muon import MuonWithAdamW


def model():
    torch.manual_seed(0)
    made = torch.nn.ModuleDict(
        {
            "embed": torch.nn.Embedding(5, 4),
            "first": torch.nn.Linear(4, 6),
            "norm": torch.nn.LayerNorm(6),
            "lm_head": torch.nn.Linear(6, 5, bias=False),
        }
    )
    made["norm"].bias.requires_grad_(False)
    return made


def learn(made, optimiser, steps):
    for step in range(steps):
        torch.manual_seed(step)
        out = made["lm_head"](made["norm"](made["first"](made["embed"](torch.arange(5)))))
        torch.nn.functional.cross_entropy(out, torch.randint(5, (5,))).backward()
        optimiser.step()
        optimiser.zero_grad()


def test_matrices_move_as_by_torchs_muon_and_the_rest_as_by_adamw():
    ours, theirs = model(), model()
    optimiser = MuonWithAdamW(ours, 0.02, 0.005)
    muon = torch.optim.Muon([theirs["first"].weight], lr=0.02, weight_decay=0.0)
    rest = [p for n, p in theirs.named_parameters() if p.requires_grad and n != "first.weight"]
    adam = torch.optim.AdamW(rest, lr=0.005, betas=(0.9, 0.95), weight_decay=0.0)

    class Both:
        def step(self):
            muon.step()
            adam.step()

        def zero_grad(self):
            theirs.zero_grad()

    learn(ours, optimiser, 3)
    learn(theirs, Both(), 3)
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other), name
    assert not torch.equal(ours["first"].weight, model()["first"].weight)


def test_a_scheduler_reaches_all_parts_and_a_state_puts_everything_back():
    made = model()
    optimiser = MuonWithAdamW(made, 0.02, 0.005)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 0.5**step)
    learn(made, optimiser, 2)
    schedule.step()
    assert [part.param_groups[0]["lr"] for part in optimiser.parts] == [0.01, 0.0025]
    kept = copy.deepcopy([made.state_dict(), optimiser.state_dict()])
    learn(made, optimiser, 2)
    again = model()
    other = MuonWithAdamW(again, 1.0, 1.0)
    again.load_state_dict(kept[0])
    other.load_state_dict(kept[1])
    assert [group["lr"] for group in other.param_groups] == [0.01, 0.0025]
    learn(again, other, 2)
    assert all(map(torch.equal, made.parameters(), again.parameters()))
