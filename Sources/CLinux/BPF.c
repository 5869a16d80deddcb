#define _GNU_SOURCE
#include "CLinuxBPF.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd command, union bpf_attr *argument) {
    return (int)syscall(SYS_bpf, command, argument, sizeof *argument);
}

int clinux_bpf_make_words(uint32_t count, const char *name) {
    union bpf_attr argument = {
        .map_type = BPF_MAP_TYPE_ARRAY,
        .key_size = sizeof(uint32_t),
        .value_size = sizeof(uint64_t),
        .max_entries = count,
        .map_flags = BPF_F_MMAPABLE,
    };
    strncpy(argument.map_name, name, sizeof argument.map_name - 1);
    return bpf(BPF_MAP_CREATE, &argument);
}

void *clinux_bpf_map_words(int map, size_t byte_count) {
    void *words = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    return words == MAP_FAILED ? NULL : words;
}

int clinux_bpf_load_program(
    const uint64_t *instructions, uint32_t count, const char *name, char *log, uint32_t log_byte_count) {
    union bpf_attr argument = {
        .prog_type = BPF_PROG_TYPE_TRACEPOINT,
        .insns = (uintptr_t)instructions,
        .insn_cnt = count,
        .license = (uintptr_t) "",
        .log_buf = log_byte_count > 0 ? (uintptr_t)log : 0,
        .log_size = log_byte_count,
        .log_level = log_byte_count > 0,
    };
    strncpy(argument.prog_name, name, sizeof argument.prog_name - 1);
    return bpf(BPF_PROG_LOAD, &argument);
}

// On one processor: programs of a tracepoint are its own, so they run on all.
int clinux_open_tracepoint(uint64_t number) {
    struct perf_event_attr event = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof event, .config = number, .sample_period = 1};
    return (int)syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

int clinux_open_dummy_event(void) {
    struct perf_event_attr event = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_DUMMY, .disabled = 1};
    return (int)syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

int clinux_attach_program(int tracepoint, int program) {
    if (ioctl(tracepoint, PERF_EVENT_IOC_SET_BPF, program)) return -1;
    return ioctl(tracepoint, PERF_EVENT_IOC_ENABLE, 0);
}

// The C library has names for these from glibc 2.36 on.
int clinux_mount_tracing(void) {
    int filesystem = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    if (filesystem < 0) return -1;
    int folder = (int)syscall(SYS_fsconfig, filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    if (folder == 0) folder = (int)syscall(SYS_fsmount, filesystem, FSMOUNT_CLOEXEC, 0);
    int reason = errno;
    close(filesystem);
    errno = reason;
    return folder;
}

int clinux_open_at(int folder, const char *path) { return openat(folder, path, O_RDONLY | O_CLOEXEC); }

int clinux_bpf_next_program(uint32_t after, uint32_t *number) {
    union bpf_attr argument = {.start_id = after};
    int result = bpf(BPF_PROG_GET_NEXT_ID, &argument);
    *number = argument.next_id;
    return result;
}

int clinux_bpf_open_program(uint32_t number) {
    union bpf_attr argument = {.prog_id = number};
    return bpf(BPF_PROG_GET_FD_BY_ID, &argument);
}

int clinux_bpf_name(int program, char name[16]) {
    struct bpf_prog_info facts = {0};
    union bpf_attr argument = {
        .info = {.bpf_fd = (uint32_t)program, .info_len = sizeof facts, .info = (uintptr_t)&facts}};
    if (bpf(BPF_OBJ_GET_INFO_BY_FD, &argument)) return -1;
    memcpy(name, facts.name, sizeof facts.name);
    return 0;
}
