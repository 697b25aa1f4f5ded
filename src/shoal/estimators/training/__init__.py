"""How scikit-learn's pair is trained: its solvers, orders, rates and rules, on shoal's engines."""
