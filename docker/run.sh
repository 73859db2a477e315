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
# When it ends, everything else is killed at once: so it waits for what it has stopped. TERM, as children that a script
# puts into the background ignore INT.
child=
stop() {
    trap '' INT TERM
    if [ -n "$child" ]; then
        kill -TERM "$child" 2>/dev/null || true
        wait "$child" || true
    fi
    exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM
run() {
    "$@" &
    child=$!
    wait "$child"
    child=
}

run lockstep check
lockstep export outputs --check >/dev/null
run dvc repro
run lockstep export outputs
