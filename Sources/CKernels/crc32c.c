#include "CKernels.h"

#include <string.h>

// The Castagnoli polynomial 0x1EDC6F41, reflected.
static const uint32_t polynomial = 0x82f63b78;

uint32_t ckernels_crc32c_portable(const uint8_t *bytes, size_t byte_count) {
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
        table[i] = value;
    }
    uint32_t crc = ~0u;
    for (size_t i = 0; i < byte_count; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(const uint8_t *bytes, size_t byte_count) {
    uint64_t crc = ~0u;
    for (; byte_count >= 8; bytes += 8, byte_count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    for (; byte_count > 0; bytes++, byte_count--) crc = _mm_crc32_u8((uint32_t)crc, *bytes);
    return ~(uint32_t)crc;
}

// Asked once: under a hypervisor each cpuid leaves the guest.
static bool has_sse42;
__attribute__((constructor)) static void find_features(void) {
    unsigned a, b, c, d;
    has_sse42 = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

uint32_t ckernels_crc32c(const uint8_t *bytes, size_t byte_count) {
    return has_sse42 ? crc32c_sse42(bytes, byte_count) : ckernels_crc32c_portable(bytes, byte_count);
}

#else

uint32_t ckernels_crc32c(const uint8_t *bytes, size_t byte_count) {
    return ckernels_crc32c_portable(bytes, byte_count);
}

#endif
