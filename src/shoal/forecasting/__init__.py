"""Forecasts of series: windows, baselines, linear maps and networks, chosen at rolling origins."""
