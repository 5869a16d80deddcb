# shellcheck shell=bash
# The Swift toolchain and what it builds. Needs say.sh, and REPOSITORY (the top of the tree).

SWIFT_MAJOR_MINIMUM=6

need_swift() {
    local version
    command -v swift >/dev/null || fail "no Swift toolchain: the command 'swift' is not on PATH" \
        "install Swift $SWIFT_MAJOR_MINIMUM or later from swift.org, put it on PATH, and run this again"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    ((${version%%.*} + 0 >= SWIFT_MAJOR_MINIMUM)) ||
        fail "Swift $SWIFT_MAJOR_MINIMUM or later is needed; this is ${version:-of no known version}" \
        "install a newer one from swift.org, put it on PATH, and run this again"
}

# Builds the program as it is shipped. One set of flags for all scripts: so they share one build.
# With the Swift library inside: it starts in half the time, and runs where there is no toolchain.
build_release() { (cd "$REPOSITORY" && swift build -c release --static-swift-stdlib --product snapctl </dev/null >&2); }

release_snapctl() { printf '%s/.build/release/snapctl' "$REPOSITORY"; }
