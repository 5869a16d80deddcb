# shellcheck shell=bash
# The first root filesystem of the virtual machine: busybox, the modules that reach the real one, and `init`.
# Needs kernel.sh.

ROOT_MODULES=(virtio_pci 9pnet_virtio 9p overlay virtio_blk)

build_initramfs() {
    local image=$1 top=$SCRATCH/initramfs.d
    mkdir -p "$top"/{bin,modules,proc,sys,dev,lower,upper,root}
    cp "$(command -v busybox)" "$top/bin/busybox"
    install -m 0755 "$VM_PARTS/init" "$top/init"
    copy_modules "$top/modules"
    {
        printf 'REPOSITORY=%q\n' "$REPOSITORY"
        printf 'MODULES=%q\n' "$KERNEL_TREE/lib/modules"
    } >"$top/settings"
    (cd "$top" && find . | busybox cpio -o -H newc 2>/dev/null) >"$image"
}

# In the order in which they are to be loaded, which their names keep.
copy_modules() {
    local to=$1 module file number=100
    for module in "${ROOT_MODULES[@]}"; do
        while read -r file; do
            [[ -n $(find "$to" -name "*-$(basename "$file")") ]] && continue
            cp "$file" "$to/$((number += 1))-$(basename "$file")"
        done < <(modprobe --dirname "$KERNEL_TREE" --set-version "$KERNEL_RELEASE" --show-depends "$module" |
            awk '$1 == "insmod" { print $2 }')
    done
}
