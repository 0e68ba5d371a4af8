"""The OpenAI-shaped calls that a model answers: checked, run, put into the documented bodies."""
