# shellcheck shell=bash
# What must be installed before anything else works, and how to get it. Needs say.sh.
# shellcheck disable=SC2034 # the lists are for the scripts that source this

BUILD_PACKAGES=(libssl-dev liblz4-dev libsqlite3-dev libblkid-dev pkg-config git ca-certificates)
VOLUME_PACKAGES=(e2fsprogs xfsprogs btrfs-progs util-linux mount fdisk)
# Databases whose hooks (packaging/hooks.d) are tested against them.
HOOK_PACKAGES=(postgresql mariadb-server-core mariadb-client-core sqlite3 psmisc)
# Writes in every way there is: in the tests of `live`, and where stalls are measured.
WRITER_PACKAGES=(fio)
BENCH_PACKAGES=(python3 time "${WRITER_PACKAGES[@]}")
# systemd-analyze; and the zones that days and weeks are counted by.
UNIT_PACKAGES=(systemd tzdata)

# Installs the Debian packages named that are missing. Without root, or elsewhere than on Debian and its
# kin, says which they are; only a Debian user who is not root can be told to stop and install them.
need_packages() {
    local -a missing
    command -v cc >/dev/null || set -- "$@" build-essential
    command -v dpkg-query >/dev/null || { need_packages_elsewhere "$@"; return; }
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || fail "these packages are missing: ${missing[*]}" \
        "run: sudo apt-get install ${missing[*]}"
    install_packages "${missing[@]}"
}

missing_packages() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || echo "$package"
    done
}

install_packages() {
    local -a install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends)
    note "installing: $*"
    # The package lists may be absent or old; fetching them is slow, so only after a first refusal.
    "${install[@]}" "$@" </dev/null >&2 && return
    apt-get update -q </dev/null >&2
    "${install[@]}" "$@" </dev/null >&2 || fail "apt-get could not install: $*"
}

need_packages_elsewhere() {
    note "this is not a Debian-like system, so nothing is installed for you."
    note "if the build fails, install what Debian calls: $*"
}
