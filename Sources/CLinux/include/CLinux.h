// What Swift cannot say about Linux: GNU-only functions, ioctl request macros, variadic calls.
// Each function is the system call it names: it returns what the call returns and leaves errno set. No logic.
#ifndef SNAPCTL_CLINUX_H
#define SNAPCTL_CLINUX_H

#include "CLinuxBPF.h"
#include "CLinuxDeviceMapper.h"

#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// open(2) is variadic, and these are GNU-only.
extern const int CLINUX_O_DIRECT;
extern const int CLINUX_O_PATH;
int clinux_open(const char *path, int flags, mode_t mode);

// fallocate(2), renameat2(2): GNU-only.
int clinux_preallocate(int fd, int64_t offset, int64_t byte_count);
int clinux_rename_noreplace(const char *from, const char *to);

// SEEK_DATA, SEEK_HOLE: GNU-only.
int64_t clinux_seek_data(int fd, int64_t offset);
int64_t clinux_seek_hole(int fd, int64_t offset);

// ioctl(2) is variadic and its requests are macros: BLKGETSIZE64, BLKSSZGET, BLKZEROOUT, BLKROGET.
int clinux_block_device_byte_count(int fd, uint64_t *byte_count);
int clinux_logical_sector_byte_count(int fd, int *byte_count);
int clinux_zero_out(int fd, uint64_t offset, uint64_t byte_count);
int clinux_is_read_only(int fd, int *read_only);

// TIOCGWINSZ: the width of a terminal, in columns.
int clinux_terminal_width(int fd, int *columns);

// LOOP_GET_STATUS64: which file a loop device reads.
struct clinux_loop {
    uint64_t device;
    uint64_t inode;
    uint64_t offset;
    uint64_t size_limit;
};
int clinux_loop_status(int fd, struct clinux_loop *loop);

// statx(2): GNU-only; the fields of it that stat(2) lacks.
struct clinux_statx {
    bool has_birth_time;
    int64_t birth_seconds;
    uint32_t birth_nanoseconds;
    bool has_mount_id;
    uint64_t mount_id;
    // Alignment that O_DIRECT asks of memory and of offsets; 0 where the filesystem refuses O_DIRECT.
    bool has_direct_io;
    uint32_t direct_memory_alignment;
    uint32_t direct_offset_alignment;
};
int clinux_statx(int fd, struct clinux_statx *facts);

// statfs(2): f_type and f_fsid (whose members are private).
int clinux_filesystem(int fd, uint64_t *type, uint64_t *identity);

// XFS_IOC_FSGEOMETRY_V1, whose structure is in no header of the C library: the UUID of an XFS.
int clinux_xfs_uuid(int fd, uint8_t uuid[16]);

// dup3(2): GNU-only.
int clinux_dup3(int from, int to, int flags);

// FICLONERANGE: to the same place in `to`. 0 bytes: to the end.
int clinux_clone_range(int to, int from, uint64_t offset, uint64_t byte_count);

// FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_NOCOW_FL
extern const int CLINUX_NO_COPY_ON_WRITE;
int clinux_file_flags(int fd, int *flags);
int clinux_set_file_flags(int fd, int flags);

// sync_file_range(2) of all, with all its flags: GNU-only.
int clinux_write_back(int fd);

// fcntl(2) is variadic. F_SETLEASE with F_RDLCK: granted only while nobody has the file open for writing.
int clinux_take_read_lease(int fd);
int clinux_release_lease(int fd);
int clinux_has_read_lease(int fd);

// FIFREEZE, FITHAW (ioctl(2), fsfreeze(8)); syncfs(2), which is GNU-only.
int clinux_freeze_filesystem(int fd);
int clinux_thaw_filesystem(int fd);
int clinux_synchronise_filesystem(int fd);

// makedev(3): macros.
uint32_t clinux_major(uint64_t device);
uint32_t clinux_minor(uint64_t device);

// MADV_HUGEPAGE, and a private anonymous mapping that is aligned for O_DIRECT. NULL on failure.
void *clinux_map_memory(size_t byte_count);
int clinux_unmap_memory(void *memory, size_t byte_count);

// pipe2(2) with O_CLOEXEC: GNU-only.
int clinux_pipe(int ends[2]);

// pidfd_open(2), pidfd_send_signal(2): the C library has no functions for them before glibc 2.36.
int clinux_pidfd_open(pid_t process);
int clinux_pidfd_send_signal(int pidfd, int signal);

// posix_spawn_file_actions_addclosefrom_np(3), POSIX_SPAWN_SETSID: GNU-only.
int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
extern const short CLINUX_POSIX_SPAWN_SETSID;

// PR_SET_NAME
int clinux_name_thread(const char *name);

#endif
