#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef STATX_DIOALIGN
#define STATX_DIOALIGN 0x00002000U
#endif

const int CLINUX_O_DIRECT = O_DIRECT;
const int CLINUX_O_PATH = O_PATH;

int clinux_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

int clinux_preallocate(int fd, int64_t offset, int64_t byte_count) {
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, byte_count);
}

int clinux_rename_noreplace(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int64_t clinux_seek_data(int fd, int64_t offset) { return lseek(fd, offset, SEEK_DATA); }

int64_t clinux_seek_hole(int fd, int64_t offset) { return lseek(fd, offset, SEEK_HOLE); }

int clinux_block_device_byte_count(int fd, uint64_t *byte_count) { return ioctl(fd, BLKGETSIZE64, byte_count); }

int clinux_logical_sector_byte_count(int fd, int *byte_count) { return ioctl(fd, BLKSSZGET, byte_count); }

int clinux_zero_out(int fd, uint64_t offset, uint64_t byte_count) {
    uint64_t range[2] = {offset, byte_count};
    return ioctl(fd, BLKZEROOUT, range);
}

int clinux_is_read_only(int fd, int *read_only) { return ioctl(fd, BLKROGET, read_only); }

int clinux_terminal_width(int fd, int *columns) {
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size)) return -1;
    *columns = size.ws_col;
    return 0;
}

int clinux_loop_status(int fd, struct clinux_loop *loop) {
    struct loop_info64 info;
    if (ioctl(fd, LOOP_GET_STATUS64, &info)) return -1;
    loop->device = info.lo_device;
    loop->inode = info.lo_inode;
    loop->offset = info.lo_offset;
    loop->size_limit = info.lo_sizelimit;
    return 0;
}

int clinux_statx(int fd, struct clinux_statx *facts) {
    struct statx status;
    memset(facts, 0, sizeof *facts);
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MNT_ID | STATX_DIOALIGN, &status)) return -1;
    facts->has_birth_time = status.stx_mask & STATX_BTIME;
    facts->birth_seconds = status.stx_btime.tv_sec;
    facts->birth_nanoseconds = status.stx_btime.tv_nsec;
    facts->has_mount_id = status.stx_mask & STATX_MNT_ID;
    facts->mount_id = status.stx_mnt_id;
    // stx_dio_mem_align and stx_dio_offset_align follow stx_mnt_id; older headers have no name for them.
    facts->has_direct_io = status.stx_mask & STATX_DIOALIGN;
    const char *after = (const char *)&status.stx_mnt_id + sizeof status.stx_mnt_id;
    memcpy(&facts->direct_memory_alignment, after, sizeof(uint32_t));
    memcpy(&facts->direct_offset_alignment, after + sizeof(uint32_t), sizeof(uint32_t));
    return 0;
}

int clinux_filesystem(int fd, uint64_t *type, uint64_t *identity) {
    struct statfs status;
    if (fstatfs(fd, &status)) return -1;
    *type = (uint64_t)status.f_type;
    memcpy(identity, &status.f_fsid, sizeof *identity);
    return 0;
}

// ioctl_xfs_fsgeometry(2), first version: every kernel with XFS has it.
struct xfs_geometry {
    uint32_t counts[8];
    uint64_t sizes[4];
    uint8_t uuid[16];
    uint32_t rest[7];
};

int clinux_xfs_uuid(int fd, uint8_t uuid[16]) {
    struct xfs_geometry geometry;
    if (ioctl(fd, _IOR('X', 100, struct xfs_geometry), &geometry)) return -1;
    memcpy(uuid, geometry.uuid, sizeof geometry.uuid);
    return 0;
}

int clinux_dup3(int from, int to, int flags) { return dup3(from, to, flags); }

int clinux_clone_range(int to, int from, uint64_t offset, uint64_t byte_count) {
    struct file_clone_range range = {
        .src_fd = from, .src_offset = offset, .src_length = byte_count, .dest_offset = offset};
    return ioctl(to, FICLONERANGE, &range);
}

const int CLINUX_NO_COPY_ON_WRITE = FS_NOCOW_FL;

// The macros say long, but the kernel reads and writes an int (ioctl_iflags(2)).
int clinux_file_flags(int fd, int *flags) { return ioctl(fd, FS_IOC_GETFLAGS, flags); }

int clinux_set_file_flags(int fd, int flags) { return ioctl(fd, FS_IOC_SETFLAGS, &flags); }

int clinux_write_back(int fd) {
    return sync_file_range(
        fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

int clinux_take_read_lease(int fd) { return fcntl(fd, F_SETLEASE, F_RDLCK); }

int clinux_release_lease(int fd) { return fcntl(fd, F_SETLEASE, F_UNLCK); }

int clinux_has_read_lease(int fd) {
    int lease = fcntl(fd, F_GETLEASE);
    return lease < 0 ? -1 : lease == F_RDLCK;
}

int clinux_freeze_filesystem(int fd) { return ioctl(fd, FIFREEZE, 0); }

int clinux_thaw_filesystem(int fd) { return ioctl(fd, FITHAW, 0); }

int clinux_synchronise_filesystem(int fd) { return syncfs(fd); }

uint32_t clinux_major(uint64_t device) { return major(device); }

uint32_t clinux_minor(uint64_t device) { return minor(device); }

void *clinux_map_memory(size_t byte_count) {
    void *memory = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    madvise(memory, byte_count, MADV_HUGEPAGE);
    return memory;
}

int clinux_unmap_memory(void *memory, size_t byte_count) { return munmap(memory, byte_count); }

int clinux_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int clinux_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

const short CLINUX_POSIX_SPAWN_SETSID = POSIX_SPAWN_SETSID;
