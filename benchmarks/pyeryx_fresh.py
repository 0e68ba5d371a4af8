"""Runs in pyeryx's own environment: for each line, a fresh sandbox that runs the hello code."""

import sys
import time

import eryx

SOURCE = """
def greet(name):
    return f"Hello, {name}!"

result = greet("Ana")
"""

print("ready", flush=True)
for _ in sys.stdin:
    started = time.perf_counter()
    answer = eryx.Sandbox().execute(SOURCE)
    elapsed = (time.perf_counter() - started) * 1e3
    assert answer.result == "Hello, Ana!", answer
    print(elapsed, flush=True)
