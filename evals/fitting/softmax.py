"""Fits a softmax regression on dense and sparse inputs together.

scikit-learn's takes one matrix: as a sparse one, the dense columns of these inputs cost it ten times as long.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.optimize
import scipy.sparse as sparse
from scipy.special import logsumexp

ITERATIONS = 150

Floats = npt.NDArray[np.float32]


def fit_softmax(
    dense: Floats,
    grams: sparse.csr_matrix,
    targets: npt.NDArray[np.int64],
    classes: int,
    weights: Floats,
    inverse_regularisation: float,
) -> tuple[Floats, Floats, Floats]:
    """Return the weights of the dense inputs, of the sparse ones, and the bias, each [inputs, classes]."""
    rows, width = dense.shape
    wanted = np.zeros((rows, classes), dtype=np.float32)
    wanted[np.arange(rows), targets] = 1
    back = grams.T.tocsr()

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        own = flat.astype(np.float32).reshape(-1, classes)
        penalised = own[:-1]
        logits = dense @ own[:width] + grams @ own[width:-1] + own[-1]
        total = logsumexp(logits, axis=1)
        missed = weights * (total - (logits * wanted).sum(1))
        slope = (np.exp(logits - total[:, None]) - wanted) * weights[:, None]
        gradient = np.concatenate([dense.T @ slope, back @ slope, slope.sum(0)[None]])
        gradient[:-1] += penalised / inverse_regularisation
        value = missed.sum() + 0.5 * (penalised**2).sum() / inverse_regularisation
        return float(value), gradient.ravel().astype(np.float64)

    start = np.zeros((width + grams.shape[1] + 1) * classes)
    found = scipy.optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}
    )
    fitted = found.x.astype(np.float32).reshape(-1, classes)
    return fitted[:width], fitted[width:-1], fitted[-1]
