"""Trainings, studies and models as TensorBoard and MLflow show them."""
