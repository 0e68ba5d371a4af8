"""Runs in xllamacpp's own environment: its llama-server with the parameters given as JSON; prints
its address, serves until its input ends."""

import json
import sys

import xllamacpp

asked = json.loads(sys.argv[1])
parameters = xllamacpp.CommonParams()
parameters.model.path = asked.pop("model")
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = asked.pop("threads")
parameters.port = 0
parameters.verbosity = 0
for name, value in asked.items():
    setattr(parameters, name, value)
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
