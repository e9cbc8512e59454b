"""How well models forecast: errors, tests of difference, comparisons, and leaks."""
