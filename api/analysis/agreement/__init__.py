"""Agreement between annotators: coefficients with intervals, consensus, disagreement. ADR 0010."""
