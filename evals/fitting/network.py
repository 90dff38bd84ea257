"""Fits a regression network of one hidden layer: what scikit-learn's lacks is dropout, which these small sets need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

UNITS = 512
DROPOUT = 0.3
EPOCHS = 25
BATCH = 256
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.1
SEED = 0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Network:
    """max(0, x @ hidden + hidden_bias) @ output + output_bias"""

    hidden: Floats
    hidden_bias: Floats
    output: Floats
    output_bias: float

    def predict(self, inputs: Floats) -> Floats:
        units = np.maximum(inputs @ self.hidden + self.hidden_bias, 0.0)
        return np.asarray(units @ self.output + self.output_bias, dtype=np.float32)


def fit_network(
    inputs: Floats, targets: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> Network:
    """The network with the least weighted squared error; the same rows give the same network on one machine."""
    generator = torch.Generator().manual_seed(SEED)
    torch.manual_seed(SEED)
    mean, spread = float(targets.mean()), float(targets.std())
    features = torch.from_numpy(inputs)
    wanted = torch.from_numpy((targets - mean) / spread).float()
    importance = torch.from_numpy(weights).float()
    hidden = torch.nn.Linear(inputs.shape[1], UNITS)
    output = torch.nn.Linear(UNITS, 1)
    model = torch.nn.Sequential(
        torch.nn.Dropout(DROPOUT), hidden, torch.nn.ReLU(), torch.nn.Dropout(DROPOUT), output
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    batches = -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * batches)
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(inputs), generator=generator), BATCH):
            error = model(features[batch]).squeeze(1) - wanted[batch]
            loss = (importance[batch] * error**2).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return Network(
        hidden=hidden.weight.detach().numpy().T.copy(),
        hidden_bias=hidden.bias.detach().numpy().copy(),
        output=output.weight.detach().numpy()[0] * spread,
        output_bias=float(output.bias.detach()) * spread + mean,
    )
