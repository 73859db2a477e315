#!/bin/sh
# What the image does by default: run the pipeline, then leave the result in outputs/.
set -eu

if [ ! -w outputs ]; then
    echo "outputs/ is not writable for user $(id -u): add --user \"\$(id -u):\$(id -g)\" to docker run," \
        "with the numbers of the folder's owner" >&2
    exit 1
fi
grep -q " $PWD/outputs " /proc/self/mounts || echo "note: outputs/ is not mounted, the result stays in the container" >&2

# Process 1 gets only signals it has a handler for: without one Ctrl-C and `docker stop` would not end the run.
trap 'kill "$!" 2>/dev/null; exit 143' INT TERM
run() {
    "$@" &
    wait "$!"
}

run lockstep check
lockstep export outputs --check >/dev/null
run dvc repro
run lockstep export outputs
