#define _GNU_SOURCE
#include "CLinuxDeviceMapper.h"

#include <linux/dm-ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

int clinux_dm_table(int control, uint64_t device, void *buffer, uint32_t byte_count, struct clinux_dm_table *table) {
    struct dm_ioctl *request = buffer;
    memset(request, 0, sizeof *request);
    request->version[0] = DM_VERSION_MAJOR;
    request->data_size = byte_count;
    request->data_start = sizeof *request;
    request->flags = DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG;
    request->dev = device;
    int result = ioctl(control, DM_TABLE_STATUS, request);
    table->is_too_long = request->flags & DM_BUFFER_FULL_FLAG;
    table->target_count = request->target_count;
    table->start = request->data_start;
    return result;
}

uint64_t clinux_device(uint32_t major, uint32_t minor) { return makedev(major, minor); }

void clinux_wipe(void *memory, size_t byte_count) { explicit_bzero(memory, byte_count); }
