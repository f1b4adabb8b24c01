"""Agreement between annotators: coefficients, consensus, disagreement."""
