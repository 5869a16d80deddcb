# shellcheck shell=bash
# A scratch directory that owns what is made in it: loop devices on files in it, filesystems mounted in it or
# from those devices, processes started under it. What is ours is told by path, not by a list kept on the side, so
# nothing made by a child is missed and nothing made by anybody else is touched. Needs say.sh and process.sh.

SCRATCH=""
SCRATCH_BASE=${SNAPCTL_SCRATCH_BASE:-${TMPDIR:-/var/tmp}} # not /tmp: it is often memory, and volumes are big

# Makes the scratch directory (SCRATCH), given back whichever way the script ends. First argument: its prefix.
scratch_open() {
    SCRATCH=$(mktemp -d "$SCRATCH_BASE/$1XXXXXXXX") || fail "no scratch directory can be made in $SCRATCH_BASE" \
        "name another place with SNAPCTL_SCRATCH_BASE"
    SCRATCH=$(realpath "$SCRATCH")
    chmod 711 "$SCRATCH" # database servers of the tests, which are not root, have folders in it
    export SNAPCTL_SCRATCH_OWNERS="${SNAPCTL_SCRATCH_OWNERS:-}:$SCRATCH:" # how a child's children are known as ours
    trap scratch_close EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# The EXIT trap. Keeps the status the script was ending with.
scratch_close() {
    local status=$?
    trap '' HUP INT TERM
    set +e
    end_supervised
    [[ -d $SCRATCH ]] && scratch_reclaim "$SCRATCH"
    exit "$status"
}

# Lets go of everything that belongs to a scratch directory, then removes it.
scratch_reclaim() {
    local directory=$1 item
    while read -r item; do end_process "$item"; done < <(processes_of "$directory")
    # Known before: a file's name no longer leads here once the filesystem that it lies on is unmounted.
    local -a loops
    mapfile -t loops < <(loops_of "$directory")
    while read -r item; do release_mount "$item"; done < <(mounts_of "$directory")
    for item in "${loops[@]}"; do losetup --detach "$item" 2>/dev/null; done
    while read -r item; do losetup --detach "$item"; done < <(loops_of "$directory")
    wait_until_detached "$directory"
    rm -rf --one-file-system "$directory"
}

# What a scratch directory still owns, one line each; nothing when all was given back.
scratch_leftovers() {
    local directory=$1 item
    while read -r item; do echo "process $item: $(command_of "$item")"; done < <(processes_of "$directory")
    while read -r item; do echo "mount $item"; done < <(mounts_of "$directory")
    while read -r item; do echo "loop device $item"; done < <(loops_of "$directory")
}

# Loop devices on files in the directory, also on files since deleted.
loops_of() {
    local backing file
    for backing in /sys/block/loop*/loop/backing_file; do
        file=$(cat "$backing" 2>/dev/null) || continue
        [[ $file == "$1"/* ]] || continue
        backing=${backing#/sys/block/}
        echo "/dev/${backing%%/*}"
    done
}

# Mount points in the directory, and those of its loop devices, the innermost first.
mounts_of() {
    local loop
    {
        # findmnt -r writes a space in a path as \x20; scratch paths of ours have none.
        findmnt -rn -o TARGET | awk -v top="$1/" 'index($0, top) == 1'
        while read -r loop; do findmnt -rn -o TARGET --source "$loop" || true; done < <(loops_of "$1")
    } | sort -ru
}

# A frozen filesystem cannot be unmounted, so it is thawed first; that it was frozen is worth a line.
release_mount() {
    fsfreeze --unfreeze "$1" 2>/dev/null && note "thawed $1, which had been left frozen"
    umount "$1" || umount --lazy "$1"
}

# Processes that inherited the directory's mark, other than this shell and its own helpers.
processes_of() {
    local environment pid
    for environment in /proc/[0-9]*/environ; do
        pid=${environment#/proc/}
        pid=${pid%/environ}
        grep -qsF -- ":$1:" "$environment" || continue
        is_ours_to_end "$pid" && echo "$pid"
    done
}

# False for this shell, what it descends from and what it has running for this very question.
is_ours_to_end() {
    local pid=$1 ancestor=$BASHPID
    [[ -d /proc/$pid ]] || return 1
    is_within "$pid" "$$" && return 1
    while ((ancestor > 1)); do
        ((ancestor == pid)) && return 1
        ancestor=$(parent_of "$ancestor")
    done
    return 0
}

# Whether process $1 is $2 or a descendant of it.
is_within() {
    local pid=$1
    while ((pid > 1)); do
        ((pid == $2)) && return 0
        pid=$(parent_of "$pid")
    done
    return 1
}

command_of() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true; }

parent_of() {
    local parent
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    echo "${parent:-0}"
}

end_process() {
    local tick
    kill -TERM "$1" 2>/dev/null || return 0
    for ((tick = 0; tick < 50; tick++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null
}

# The kernel detaches a loop device when its last user closes it, which may be a moment later.
wait_until_detached() {
    local tick
    for ((tick = 0; tick < 50; tick++)); do
        [[ -z $(loops_of "$1") ]] && return 0
        sleep 0.1
    done
    note "still attached: $(loops_of "$1" | tr '\n' ' ')"
}
