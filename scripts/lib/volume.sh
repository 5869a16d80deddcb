# shellcheck shell=bash
# Volumes to practise on. Needs say.sh and scratch.sh (an open scratch directory owns what is made here).

can_loop() { ((EUID == 0)) && [[ -e /dev/loop-control ]] && losetup --find >/dev/null 2>&1; }

# Attaches an image file to a free loop device and prints its name. Direct I/O where the filesystem beneath
# allows it, so that nothing is cached twice.
attach_loop() {
    losetup --find --show --direct-io=on "$1" 2>/dev/null || losetup --find --show "$1"
}

# An image file of the given size (bytes) with an ext4 that holds a copy of a directory. Needs no root.
make_ext4_image() {
    local image=$1 byte_count=$2 contents=$3
    truncate --size "$byte_count" "$image"
    mkfs.ext4 -q -F -m 0 -d "$contents" "$image"
}

# Copies files from a directory, in the order of their names, until the byte budget is used up.
copy_real_files() {
    local from=$1 to=$2 budget=$3
    # find may meet files it cannot read, and awk ends before it: neither matters to a sample.
    { find "$from" -xdev -type f -readable -printf '%s %P\n' 2>/dev/null || true; } | sort -k 2 |
        awk -v budget="$budget" \
            '{ size = $1; sub(/^[0-9]+ /, ""); if (used + size <= budget) { used += size; print } }' |
        tar -C "$from" --create --files-from - 2>/dev/null | tar -C "$to" --extract --no-same-owner
}
