# shellcheck shell=bash
# The virtual machine itself. Needs say.sh, process.sh, scratch.sh, kernel.sh.

VM_MEMORY=2048M
VM_PROCESSORS=2
VM_DISK_SIZE=16G # sparse
VM_TEST_DISK_SIZE=64M
VM_SECONDS_LIMIT=${SNAPCTL_VM_SECONDS:-1500} # an idle machine needs half of it

# Boots, shows on stdout what the guest says, keeps that in a log, and returns the guest's own status.
boot() {
    local initramfs=$1 script=$2 log=$3 status=0
    truncate --size "$VM_DISK_SIZE" "$SCRATCH/disk"
    mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,lazy_journal_init=1 "$SCRATCH/disk"
    truncate --size "$VM_TEST_DISK_SIZE" "$SCRATCH/virtio" "$SCRATCH/nvme"
    # A disk that is the script: whole sectors.
    truncate --size %512 "$script"
    supervised machine_and_log "$initramfs" "$script" "$log" || status=$?
    case $status in
    0) ;;
    124 | 137) note "the virtual machine did not end within $VM_SECONDS_LIMIT s" ;;
    *) note "qemu ended with status $status" ;;
    esac
    status=$(guest_status "$log")
    [[ -n $status ]] || { show_console && return 1; }
    return "$status"
}

machine_and_log() { run_machine "$1" "$2" | tee "$3"; }

run_machine() {
    timeout --kill-after=10 "$VM_SECONDS_LIMIT" qemu-system-x86_64 \
        -machine q35,accel="$(accelerator)" -cpu max -smp "$VM_PROCESSORS" -m "$VM_MEMORY" \
        -nodefaults -no-user-config -display none -no-reboot -net none \
        -kernel "$KERNEL_TREE/boot/vmlinuz-$KERNEL_RELEASE" -initrd "$1" \
        -append "console=ttyS0 panic=-1 quiet" \
        -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
        -device virtio-9p-pci,fsdev=root,mount_tag=root \
        -drive "if=none,id=disk,file=$SCRATCH/disk,format=raw,cache=unsafe" -device virtio-blk-pci,drive=disk \
        -drive "if=none,id=script,file=$2,format=raw,readonly=on" -device virtio-blk-pci,drive=script \
        -drive "if=none,id=virtio,file=$SCRATCH/virtio,format=raw,cache=unsafe" -device virtio-blk-pci,drive=virtio \
        -drive "if=none,id=nvme,file=$SCRATCH/nvme,format=raw,cache=unsafe,discard=unmap" \
        -device nvme,drive=nvme,serial=snapctl \
        -serial "file:$SCRATCH/console" -serial stdio </dev/null
}

# /dev/kvm may be there, and a virtual machine on it never start: where this one is virtual itself, and may not nest.
accelerator() {
    if [[ -w /dev/kvm ]] && grep -qwE 'vmx|svm' /proc/cpuinfo; then echo kvm; else echo tcg; fi
}

# The guest's last line; nothing where it did not come so far.
guest_status() { sed -nE 's/^vm-test: ended with ([0-9]+)$/\1/p' "$1" | tail -n 1; }

show_console() {
    note "what its kernel said last:"
    tail -n 30 "$SCRATCH/console" >&2
}
