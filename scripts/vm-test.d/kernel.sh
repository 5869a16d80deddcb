# shellcheck shell=bash
# shellcheck disable=SC2034 # what is found is for the others
# Debian kernels and their modules, unpacked into a cache and never installed. Needs say.sh.

KERNEL_CACHE=${SNAPCTL_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/snapctl-vm}
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
KERNEL_TREE="" # of the kernel that is used: boot/, lib/modules/
KERNEL_RELEASE=""

# What a test of block devices has no use for, and what makes the package big.
NEEDLESS_MODULES=(sound drivers/gpu drivers/media drivers/net drivers/infiniband drivers/usb drivers/staging
    drivers/iio drivers/hid drivers/input drivers/hwmon drivers/scsi net/bluetooth net/wireless net/mac80211)

# Sets KERNEL_TREE and KERNEL_RELEASE: the kernel that a suite of Debian ships now, or one of it that is here already.
find_kernel() {
    local suite=$1 package tree
    package=$(kernel_package "$suite") && get_kernel "$suite" "$package" && return
    # The lists may be older than the archive.
    [[ -n $package ]] && refresh_lists "$suite" && package=$(kernel_dependency "$suite") &&
        get_kernel "$suite" "$package" && return
    for tree in "$KERNEL_CACHE/$suite"/linux-image-*; do use_kernel "$tree" && return; done
    return 1
}

get_kernel() { use_kernel "$KERNEL_CACHE/$1/$2" || fetch_kernel "$1" "$2"; }

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
    echo "deb [signed-by=$DEBIAN_KEYRING] $(debian_mirror) $suite main" >"$state/sources.list"
    "$program" -q -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state" -o APT::Sandbox::User=root \
        -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=- "$@" </dev/null
}

# Whence this machine has its packages.
# shellcheck disable=SC2016 # apt-get expands it
debian_mirror() { apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | awk '/\/debian\/?$/ { print; exit }'; }

kernel_package() {
    [[ -e $DEBIAN_KEYRING ]] && command -v apt-get >/dev/null && [[ -n $(debian_mirror) ]] || return 1
    kernel_dependency "$1" || { refresh_lists "$1" && kernel_dependency "$1"; }
}

refresh_lists() { apt_of "$1" apt-get update >&2; }

kernel_dependency() {
    local package
    package=$(apt_of "$1" apt-cache -t "$1" depends linux-image-amd64 2>/dev/null |
        awk '$1 == "Depends:" { print $2; exit }')
    [[ $package == linux-image-* ]] && echo "$package"
}

# Makes the whole tree under another name, so that one which was broken off is never taken for complete.
fetch_kernel() {
    local suite=$1 package=$2 target=$KERNEL_CACHE/$1/$2 work
    mkdir -p "$KERNEL_CACHE/$suite" && work=$(mktemp -d "$KERNEL_CACHE/$suite/.new-XXXXXXXX") || return 1
    note "downloading $package (once, into $KERNEL_CACHE)"
    if cd_and "$work" apt_of "$suite" apt-get download "$package" >&2 && unpack_kernel "$work"; then
        touch "$work/complete"
        # Of two runs at once, one is first.
        mv -T "$work" "$target" 2>/dev/null || rm -rf "$work"
        use_kernel "$target"
        return
    fi
    rm -rf "$work"
    return 1
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
