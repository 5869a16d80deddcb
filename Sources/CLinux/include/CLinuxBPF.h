// bpf(2): the C library has no function for it, and its argument is a union of structures.
// As in CLinux.h: each function is one call of the kernel, without logic.
#ifndef SNAPCTL_CLINUX_BPF_H
#define SNAPCTL_CLINUX_BPF_H

#include <stddef.h>
#include <stdint.h>

// BPF_MAP_CREATE of a BPF_MAP_TYPE_ARRAY with BPF_F_MMAPABLE, of 8-byte values.
int clinux_bpf_make_words(uint32_t count, const char *name);
// The words of such a map, shared with the programs that use it. NULL on failure.
void *clinux_bpf_map_words(int map, size_t byte_count);

// BPF_PROG_LOAD of a BPF_PROG_TYPE_TRACEPOINT program, which uses nothing that is for programs under the GPL. Without a log
// where `log_byte_count` is 0.
int clinux_bpf_load_program(
    const uint64_t *instructions, uint32_t count, const char *name, char *log, uint32_t log_byte_count);
// perf_event_open(2) with PERF_TYPE_TRACEPOINT, PERF_EVENT_IOC_SET_BPF: the program runs, on all processors, until the
// descriptor is closed.
int clinux_open_tracepoint(uint64_t number);
int clinux_attach_program(int tracepoint, int program);
// perf_event_open(2) with PERF_COUNT_SW_DUMMY: whether this process may open events; that it did costs nothing.
int clinux_open_dummy_event(void);
// fsopen(2), fsconfig(2), fsmount(2): the files of the kernel's tracing, mounted nowhere.
int clinux_mount_tracing(void);
int clinux_open_at(int folder, const char *path);

// BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD
int clinux_bpf_next_program(uint32_t after, uint32_t *number);
int clinux_bpf_open_program(uint32_t number);
int clinux_bpf_name(int program, char name[16]);

#endif
