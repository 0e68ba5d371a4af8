"""The process that holds one model in llama.cpp: `python -m azrun.inference.worker`."""
