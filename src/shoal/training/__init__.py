"""What is asked: recipe, samples, objective, course."""
