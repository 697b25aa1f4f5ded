"""Formulas as trees: as text, LaTeX and MathML, and as numbers."""
