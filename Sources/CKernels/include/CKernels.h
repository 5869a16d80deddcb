// The inner loops that instructions of the processor make fast and Swift has no names for.
// Each is chosen at run time, and has a portable twin that the tests hold it against.
#ifndef SNAPCTL_CKERNELS_H
#define SNAPCTL_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CKERNELS_SHA256_BYTES = 32 };

// Whether the processor has what ckernels_sha256_lanes needs (x86-64 SHA extensions).
bool ckernels_has_sha256_lanes(void);

// SHA-256 (FIPS 180-4) of `lane_count` messages of the same length, two interleaved at a time: one message leaves the
// SHA unit idle between its dependent rounds, two fill it (more were measured to be slower: registers run out).
// `byte_count` must be a multiple of 64. Digests are written one after the other.
void ckernels_sha256_lanes(const uint8_t *const *messages, size_t lane_count, size_t byte_count, uint8_t *digests);

// CRC-32C (Castagnoli, RFC 3720 appendix B.4), reflected, initial value and final xor all ones.
uint32_t ckernels_crc32c(const uint8_t *bytes, size_t byte_count);
uint32_t ckernels_crc32c_portable(const uint8_t *bytes, size_t byte_count);

// Whether all bytes are zero. Stops early where they are not.
bool ckernels_is_zero(const uint8_t *bytes, size_t byte_count);

#endif
