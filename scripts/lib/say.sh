# shellcheck shell=bash
# Talking to the person at the terminal. Everything here goes to stderr, so that stdout stays for results.

note() { printf '%s\n' "$*" >&2; }

heading() { printf '\n== %s\n' "$*" >&2; }

# Says what went wrong and ends the script. First argument: the sentence. Further ones: what to do about it.
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    local hint
    for hint in "$@"; do printf '       %s\n' "$hint" >&2; done
    exit 1
}

# Prints a command the way it could be typed again, then runs it.
show_and_run() {
    printf '$ %s\n' "$(quoted "$@")" >&2
    "$@"
}

# The arguments as one line, quoted only where a shell would need it.
quoted() {
    local word line=""
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
        line+="${line:+ }$word"
    done
    printf '%s' "$line"
}

# 1536 -> "1.5 KiB".
human_bytes() {
    awk -v n="$1" 'BEGIN {
        split("bytes KiB MiB GiB TiB", unit, " ")
        for (i = 1; n >= 1024 && i < 5; i++) n /= 1024
        printf(i == 1 ? "%d %s" : "%.1f %s", n, unit[i])
    }'
}
