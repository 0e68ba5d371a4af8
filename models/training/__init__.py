"""What the trainings of the embedded models share.

A model's folder makes it importable with `import shared`, before any `from training...`.
"""
