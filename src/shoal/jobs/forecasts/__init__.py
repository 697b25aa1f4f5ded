"""Jobs that forecast: from series to a mixture of forecasts, with what is naive and linear beside it."""
