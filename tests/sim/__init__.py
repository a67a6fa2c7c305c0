"""The publish protocol under simulated faults: the real workflows and storage on the engine in memory, a scripted shop, a queue
that behaves as SQS does, and a scheduler that may switch, stop, crash or lie at every call that leaves the process.

A run is a seed: `python -m tests.sim --seed 7 --trace` repeats one exactly. `check.py` says what must hold, and when.
"""
