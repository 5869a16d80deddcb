// The ioctl(2)s of device-mapper: variadic, with macros for numbers. As in CLinux.h: each function is one call of the kernel,
// without logic.
#ifndef SNAPCTL_CLINUX_DEVICE_MAPPER_H
#define SNAPCTL_CLINUX_DEVICE_MAPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// DM_TABLE_STATUS with DM_STATUS_TABLE_FLAG: the table that a device has now, in `buffer`, of which `byte_count` bytes are
// aligned for a structure. The kernel wipes its own copy (DM_SECURE_DATA_FLAG): such a table may hold a key.
struct clinux_dm_table {
    bool is_too_long; // DM_BUFFER_FULL_FLAG: for the buffer
    uint32_t target_count;
    uint32_t start; // of the first target in the buffer
};
int clinux_dm_table(int control, uint64_t device, void *buffer, uint32_t byte_count, struct clinux_dm_table *table);

// makedev(3): a macro.
uint64_t clinux_device(uint32_t major, uint32_t minor);

// explicit_bzero(3): GNU-only.
void clinux_wipe(void *memory, size_t byte_count);

#endif
