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
    sandbox = eryx.Sandbox()
    answer = sandbox.execute(SOURCE)
    elapsed = (time.perf_counter() - started) * 1e3  # its end is not part of its answer
    assert answer.result == "Hello, Ana!", answer
    del sandbox
    print(elapsed, flush=True)
