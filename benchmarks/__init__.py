"""Side-by-side measurements: the reference scripts and FLAML on Lockstep's own rows and folds.

Fits with two threads need a quiet machine: when a neighbour holds one of two cores, threads that spin while they
wait made them up to a hundred times slower than fits with one thread, and OMP_WAIT_POLICY=PASSIVE no faster.
"""

import time

# A package is imported before its modules: this is as close to the start of the process as Python code gets.
STARTED = time.perf_counter()
