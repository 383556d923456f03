"""RNN, GRU and LSTM, against float64 step by step."""

import numpy as np
from harness import Case

SIZES = [{"t": t, "n": n} for t, n in ((1, 1), (5, 3), (7, 2), (16, 1))]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def run(step, x, directions, hidden, lengths=None, h=None, cells=0, reverse=False):
    """y, last h and last state of `cells` more states; step(d, row of x, h, c) is one step."""
    steps, batch, _ = x.shape
    y = np.zeros((steps, directions, batch, hidden))
    last = np.zeros((1 + cells, directions, batch, hidden))
    for d in range(directions):
        for n in range(batch):
            length = steps if lengths is None else int(lengths[n])
            state = [np.zeros(hidden) if h is None else h[d, n]] + [np.zeros(hidden)] * cells
            order = range(length)
            for t in reversed(order) if d == 1 or reverse else order:
                state = step(d, x[t, n], *state)
                y[t, d, n] = state[0]
            last[:, d, n] = state
    return (y, *last)


def lstm(reverse=False, clip=np.inf):
    def reference(x, w, r, b=None, p=None, lengths=None, h=None):
        directions, hidden = r.shape[0], r.shape[2]
        bound = lambda v: np.clip(v, -clip, clip)  # noqa: E731

        def step(d, row, state, cell):
            gates = w[d] @ row + r[d] @ state
            if b is not None:
                gates = gates + b[d, : 4 * hidden] + b[d, 4 * hidden :]
            i, o, f, c = np.split(gates, 4)
            pi, po, pf = np.split(p[d], 3) if p is not None else np.zeros((3, hidden))
            i, f = sigmoid(bound(i + pi * cell)), sigmoid(bound(f + pf * cell))
            cell = f * cell + i * np.tanh(bound(c))
            return [sigmoid(bound(o + po * cell)) * np.tanh(cell), cell]

        return run(step, x, directions, hidden, lengths, h, 1, reverse)

    return reference


def gru(linear_before_reset, reverse=False):
    def reference(x, w, r, b=None, h=None, lengths=None):
        directions, hidden = r.shape[0], r.shape[2]
        both = np.zeros((directions, 6 * hidden)) if b is None else b

        def step(d, row, state):
            xz, xr, xh = np.split(w[d] @ row + both[d, : 3 * hidden], 3)
            rz, rr, rh = np.split(r[d], 3)
            bz, br, bh = np.split(both[d, 3 * hidden :], 3)
            z, reset = sigmoid(xz + rz @ state + bz), sigmoid(xr + rr @ state + br)
            inner = reset * (rh @ state + bh) if linear_before_reset else rh @ (reset * state) + bh
            return [(1 - z) * np.tanh(xh + inner) + z * state]

        return run(step, x, directions, hidden, lengths, h, 0, reverse)

    return reference


def rnn(activation):
    def reference(x, w, r, b):
        hidden = r.shape[2]

        def step(d, row, state):
            return [activation(w[d] @ row + r[d] @ state + b[d, :hidden] + b[d, hidden:])]

        return run(step, x, r.shape[0], hidden)

    return reference


def weights(gates, hidden, features, directions=1, **more):
    made = {"w": (directions, gates * hidden, features), "r": (directions, gates * hidden, hidden),
            "b": (directions, 2 * gates * hidden)}
    return made | more


def tame_weights(gates, hidden, directions=1):
    """Weights by which rounding errors do not grow from step to step."""
    rng = np.random.default_rng(hidden)
    return {name: (rng.standard_normal(shape) * hidden**-0.5).astype(np.float32)
            for name, shape in weights(gates, hidden, 5, directions).items()}


def within(rng, shape):
    return rng.integers(0, 2, shape)


LSTM = "T[] y, T[] last, T[] cell"
HALVES = ("float", "float16", "double")

CASES = [
    Case("LSTM", "T[t,n,5] x", "y, last, cell = LSTM <hidden_size = 7> (x, w, r, b)", SIZES,
         outputs=LSTM, weights=weights(4, 7, 5), dtypes=HALVES, reference=lstm()),
    Case("LSTM backwards with peepholes", "T[t,n,5] x",
         """y, last, cell = LSTM <hidden_size = 33, direction = "reverse"> (x, w, r, b, , , , p)""",
         SIZES, outputs=LSTM, weights=weights(4, 33, 5, p=(1, 99)), reference=lstm(reverse=True)),
    Case("LSTM both ways with lengths and a state", "T[t,n,5] x, int32[n] lengths, T[2,n,8] h",
         """y, last, cell = LSTM <hidden_size = 8, direction = "bidirectional">
            (x, w, r, b, lengths, h)""", SIZES, outputs=LSTM, weights=weights(4, 8, 5, 2),
         data={"lengths": within}, reference=lstm()),
    Case("LSTM with a clip", "T[t,n,5] x",
         "y, last, cell = LSTM <hidden_size = 4, clip = 0.25> (x, w, r, b)", SIZES,
         outputs=LSTM, weights=weights(4, 4, 5), reference=lstm(clip=0.25)),
    Case("LSTM by computed weights", "T[t,n,5] x, T[1,12,5] w, T[1,12,3] r",
         "y, last, cell = LSTM <hidden_size = 3> (x, w, r)", SIZES, outputs=LSTM,
         reference=lstm()),
    Case("GRU", "T[t,n,5] x", "y, last = GRU <hidden_size = 7> (x, w, r, b)", SIZES,
         outputs="T[] y, T[] last", weights=weights(3, 7, 5), dtypes=HALVES,
         reference=gru(False)),
    Case("GRU that resets late, both ways", "T[t,n,5] x, int32[n] lengths, T[2,n,17] h",
         """y, last = GRU <hidden_size = 17, direction = "bidirectional", linear_before_reset = 1>
            (x, w, r, b, lengths, h)""", SIZES, outputs="T[] y, T[] last",
         weights=weights(3, 17, 5, 2), data={"lengths": within}, reference=gru(True)),
    Case("RNN", "T[t,n,5] x", "y, last = RNN <hidden_size = 9> (x, w, r, b)", SIZES,
         outputs="T[] y, T[] last", weights=weights(1, 9, 5), reference=rnn(np.tanh)),
    Case("RNN with another activation", "T[t,n,5] x",
         """y, last = RNN <hidden_size = 6, activations = ["LeakyRelu"], activation_alpha = [0.3]>
            (x, w, r, b)""", SIZES, outputs="T[] y, T[] last", weights=weights(1, 6, 5),
         reference=rnn(lambda v: np.where(v < 0, np.float32(0.3) * v, v))),
    # Beyond the first cache: loops of linears.
    Case("large LSTM", "T[t,n,5] x", "y, last, cell = LSTM <hidden_size = 97> (x, w, r, b)", SIZES,
         outputs=LSTM, weights=tame_weights(4, 97), reference=lstm()),
    Case("large LSTM backwards without bias", "T[t,n,5] x",
         """y, last, cell = LSTM <hidden_size = 97, direction = "reverse"> (x, w, r)""", SIZES,
         outputs=LSTM, weights={k: v for k, v in tame_weights(4, 97).items() if k != "b"},
         reference=lstm(reverse=True)),
    Case("large LSTM both ways with lengths and a state",
         "T[t,n,5] x, int32[n] lengths, T[2,n,101] h",
         """y, last, cell = LSTM <hidden_size = 101, direction = "bidirectional">
            (x, w, r, b, lengths, h)""", SIZES, outputs=LSTM, weights=tame_weights(4, 101, 2),
         data={"lengths": within}, reference=lstm()),
    Case("large GRU", "T[t,n,5] x", "y, last = GRU <hidden_size = 113> (x, w, r, b)", SIZES,
         outputs="T[] y, T[] last", weights=tame_weights(3, 113), reference=gru(False)),
    Case("large GRU that resets late, both ways", "T[t,n,5] x, int32[n] lengths, T[2,n,107] h",
         """y, last = GRU <hidden_size = 107, direction = "bidirectional", linear_before_reset = 1>
            (x, w, r, b, lengths, h)""", SIZES, outputs="T[] y, T[] last",
         weights=tame_weights(3, 107, 2), data={"lengths": within}, reference=gru(True)),
    Case("large RNN", "T[t,n,5] x", "y, last = RNN <hidden_size = 191> (x, w, r, b)", SIZES,
         outputs="T[] y, T[] last", weights=tame_weights(1, 191), reference=rnn(np.tanh)),
]
