# shellcheck shell=bash
# shellcheck disable=SC2034 # what is found is for the others
# Debian kernels and their modules, unpacked into a cache and never installed. Needs say.sh.

KERNEL_CACHE=${SNAPCTL_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/snapctl-vm}
KERNEL_TREE="" # of the kernel that is used: boot/, lib/modules/
KERNEL_RELEASE=""

# What a test of block devices has no use for, and what makes the package big.
NEEDLESS_MODULES=(sound drivers/gpu drivers/media drivers/net drivers/infiniband drivers/usb drivers/staging
    drivers/iio drivers/hid drivers/input drivers/hwmon drivers/scsi net/bluetooth net/wireless net/mac80211)

# Sets KERNEL_TREE and KERNEL_RELEASE: the kernel that a suite of Debian ships now, or one of it that is here already.
find_kernel() {
    local suite=$1 package tree
    package=$(kernel_package "$suite") &&
        { use_kernel "$KERNEL_CACHE/$suite/$package" || fetch_kernel "$suite" "$package"; } && return
    for tree in "$KERNEL_CACHE/$suite"/linux-image-*; do use_kernel "$tree" && return; done
    return 1
}

use_kernel() {
    [[ -e $1/complete ]] || return 1
    KERNEL_TREE=$1
    KERNEL_RELEASE=$(basename "$1"/lib/modules/*)
}

# apt-get and apt-cache with lists of our own, so that those of the machine stay as they are.
apt_of() {
    local suite=$1 program=$2 state=$KERNEL_CACHE/apt-$1
    shift 2
    mkdir -p "$state"/{lists,archives}/partial
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" \
        >"$state/sources.list"
    "$program" -q -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state" -o APT::Sandbox::User=root \
        -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- "$@" </dev/null
}

kernel_package() {
    [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] && command -v apt-get >/dev/null || return 1
    kernel_dependency "$1" || { apt_of "$1" apt-get update >&2 && kernel_dependency "$1"; }
}

kernel_dependency() {
    local package
    package=$(apt_of "$1" apt-cache -t "$1" depends linux-image-amd64 2>/dev/null | awk '$1 == "Depends:" { print $2; exit }')
    [[ $package == linux-image-* ]] && echo "$package"
}

# Makes the whole tree under another name, so that one which was broken off is never taken for complete.
fetch_kernel() {
    local suite=$1 package=$2 target=$KERNEL_CACHE/$1/$2 work
    mkdir -p "$KERNEL_CACHE/$suite" && work=$(mktemp -d "$KERNEL_CACHE/$suite/.new-XXXXXXXX") || return 1
    note "downloading $package (once, into $KERNEL_CACHE)"
    if download_kernel "$suite" "$package" "$work" && unpack_kernel "$work"; then
        touch "$work/complete"
        # Of two runs at once, one is first.
        mv -T "$work" "$target" 2>/dev/null || rm -rf "$work"
        use_kernel "$target"
        return
    fi
    rm -rf "$work"
    return 1
}

# The lists may be older than the archive.
download_kernel() {
    cd_and "$3" apt_of "$1" apt-get download "$2" >&2 && return
    apt_of "$1" apt-get update >&2 && cd_and "$3" apt_of "$1" apt-get download "$2" >&2
}

cd_and() { (cd "$1" && shift && "$@"); }

unpack_kernel() {
    local tree=$1 module
    local -a exclude=()
    for module in "${NEEDLESS_MODULES[@]}"; do exclude+=(--exclude "./lib/modules/*/kernel/$module"); done
    for module in ./lib ./usr/lib; do
        dpkg --fsys-tarfile "$tree"/*.deb |
            tar --extract --directory "$tree" --no-same-owner "${exclude[@]}" ./boot "$module/modules" 2>/dev/null && break
    done
    rm -f "$tree"/*.deb
    [[ -d $tree/lib/modules ]] || { [[ -d $tree/usr/lib ]] && ln -s usr/lib "$tree/lib"; }
    depmod --basedir "$tree" "$(basename "$tree"/lib/modules/*)"
}
