"""From a table of series to a forecast."""
