"""The engine takes the steps of a plain loop, and its preparation changes no state."""

import pytest
import torch
from torch import nn

from labelinfo.training.engine import Engine

CPU = torch.device("cpu")
INPUTS = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
RATES = [0.1, 0.05, 0.2, 0.01]


def regression():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def loss_of(model, index):
    noise = torch.randn(len(index))
    return ((model(INPUTS[index])[:, 0] - INPUTS[index, 0] + 0.1 * noise) ** 2).mean()


def make_engine(model, clip=None):
    def gradients(index):
        loss = loss_of(model, index)
        loss.backward()
        return loss.detach()[None]

    return Engine(
        model, gradients, records=1, learning_rate=1.0, gradient_norm_max=clip, device=CPU
    )


def parameters(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


BATCHES = torch.randint(40, (4, 8), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("clip", [None, 0.3])
def test_its_steps_are_those_of_a_plain_loop(clip):
    model = regression()
    engine = make_engine(model, clip)
    engine.prepare(4, 8)
    torch.manual_seed(3)
    table = engine.run(BATCHES, RATES)

    plain = regression()
    optimizer = torch.optim.Adam(plain.parameters(), foreach=False, fused=False)
    torch.manual_seed(3)
    rows = []
    for index, rate in zip(BATCHES, RATES, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = loss_of(plain, index)
        loss.backward()
        row = [loss.item()]
        if clip:
            squares = sum(float((p.grad.double() ** 2).sum()) for p in plain.parameters())
            row.append(squares**0.5)
            for parameter in plain.parameters():
                parameter.grad *= min(1.0, clip / squares**0.5)
        optimizer.step()
        rows.append(row)
    torch.testing.assert_close(parameters(model), parameters(plain), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(table, torch.tensor(rows), rtol=1e-4, atol=1e-5)
    if clip:
        assert (table[:, 1] > clip).any()


def test_each_step_finds_its_own_scheduled_value():
    model, weight = nn.Linear(3, 1), torch.tensor(0.0)

    def gradients(index):
        (weight * model(INPUTS[index]).mean()).backward()
        return weight.clone()[None]

    engine = Engine(model, gradients, records=1, learning_rate=1.0, scheduled=weight, device=CPU)
    engine.prepare(4, 8)
    assert engine.run(BATCHES, RATES, [3.0, 1.0, 0.5, 2.0])[:, 0].tolist() == [3.0, 1.0, 0.5, 2.0]


def test_making_ready_changes_neither_parameters_nor_moments_nor_random_numbers():
    model = regression()
    engine = make_engine(model)
    torch.manual_seed(4)
    expected = torch.randn(3)
    torch.manual_seed(4)
    engine.prepare(4, 8)
    assert torch.equal(torch.randn(3), expected)
    assert torch.equal(parameters(model), parameters(regression()))
    for state in engine.optimizer.state.values():
        assert all(tensor.abs().max() == 0 for tensor in state.values())

    engine.run(BATCHES, RATES)
    before = [tensor.clone() for tensor in engine._state()]
    assert len(before) > 3 * len(list(model.parameters()))
    engine.prepare(2, 8)  # as after a checkpoint was loaded
    for tensor, value in zip(engine._state(), before, strict=True):
        assert torch.equal(tensor, value)


def test_epochs_continue_one_another():
    model, other = regression(), regression()
    one, two = make_engine(model), make_engine(other)
    one.prepare(4, 8)
    two.prepare(2, 8)
    torch.manual_seed(5)
    whole = one.run(BATCHES, RATES)
    torch.manual_seed(5)
    halves = [two.run(BATCHES[rows], RATES[rows]) for rows in (slice(2), slice(2, 4))]
    # the caller owns the returned table: the next epoch does not overwrite it
    assert torch.equal(torch.cat(halves), whole)
    assert torch.equal(parameters(model), parameters(other))
