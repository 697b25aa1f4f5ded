"""scikit-learn's grid search, with the candidates trained as populations."""
