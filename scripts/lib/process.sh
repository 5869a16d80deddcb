# shellcheck shell=bash
# Running a child so that the script stays the master: it hears signals while it waits, and takes the child's
# whole process group down with it.

SUPERVISED_PID=""

# Runs a command in a process group of its own and waits for it. `set -m` does that, and it leaves SIGINT at its
# default, where a plain background job would hand "ignore" down to every program it starts.
supervised() {
    local status=0
    set -m
    { set +m && "$@"; } </dev/null &
    SUPERVISED_PID=$!
    set +m
    wait "$SUPERVISED_PID" || status=$?
    SUPERVISED_PID=""
    return "$status"
}

# Ends what `supervised` is running, if anything: asked first, forced after ten seconds.
end_supervised() {
    [[ -n $SUPERVISED_PID ]] || return 0
    local tick
    kill -TERM -- "-$SUPERVISED_PID" 2>/dev/null || return 0
    for ((tick = 0; tick < 100; tick++)); do
        kill -0 -- "-$SUPERVISED_PID" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL -- "-$SUPERVISED_PID" 2>/dev/null || true
}
