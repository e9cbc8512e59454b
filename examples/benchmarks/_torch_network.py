"""The networks of the benchmarks in PyTorch, with its own first weights."""

from torch import nn

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "simple_rnn": nn.RNN}


class Recurrent(nn.Module):
    """Recurrence -> Dense -> Dense.

    PyTorch's LSTM and SimpleRNN add two vectors of biases where those of Keras have one; what they compute is the same.
    """

    def __init__(self, n_features, units=32, cell="lstm"):
        super().__init__()
        self.recurrence = CELLS[cell](n_features, units, batch_first=True)
        self.dense = nn.Linear(units, 16)
        self.output = nn.Linear(16, 1)

    def forward(self, X):
        """Map windows (n_samples, n_steps, n_features) to (n_samples, 1)."""
        x = self.recurrence(X)[0][:, -1]
        return self.output(self.dense(x).relu())


class CNNRecurrent(nn.Module):
    """Causal Conv1D -> recurrence -> Dense -> Dense."""

    def __init__(self, n_features, filters, kernel_size, units=32, cell="lstm"):
        super().__init__()
        self.pad = nn.ZeroPad1d((kernel_size - 1, 0))
        self.conv = nn.Conv1d(n_features, filters, kernel_size)
        self.recurrent = Recurrent(filters, units, cell)

    def forward(self, X):
        """Map windows (n_samples, n_steps, n_features) to (n_samples, 1)."""
        x = self.conv(self.pad(X.transpose(1, 2))).relu()
        return self.recurrent(x.transpose(1, 2))
