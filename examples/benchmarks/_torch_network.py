"""The CNN-LSTM of the benchmarks in PyTorch."""

from torch import nn


class CNNLSTM(nn.Module):
    """Causal Conv1D -> LSTM -> Dense -> Dense, with PyTorch's own first weights.

    The LSTM of PyTorch adds two vectors of biases where that of Keras has one; what it computes is the same.
    """

    def __init__(self, n_features, filters, kernel_size, units=32):
        super().__init__()
        self.pad = nn.ZeroPad1d((kernel_size - 1, 0))
        self.conv = nn.Conv1d(n_features, filters, kernel_size)
        self.lstm = nn.LSTM(filters, units, batch_first=True)
        self.dense = nn.Linear(units, 16)
        self.output = nn.Linear(16, 1)

    def forward(self, X):
        """Map windows (n_samples, n_steps, n_features) to (n_samples, 1)."""
        x = self.conv(self.pad(X.transpose(1, 2))).relu()
        _, (last, _) = self.lstm(x.transpose(1, 2))  # (1, sample, unit)
        return self.output(self.dense(last[-1]).relu())
