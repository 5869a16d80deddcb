#include "CKernels.h"

#include <string.h>

bool ckernels_is_zero(const uint8_t *bytes, size_t byte_count) {
    while (byte_count >= 64) {
        uint64_t words[8];
        memcpy(words, bytes, sizeof words);
        if (words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7]) return false;
        bytes += 64;
        byte_count -= 64;
    }
    uint8_t rest = 0;
    for (size_t i = 0; i < byte_count; i++) rest |= bytes[i];
    return rest == 0;
}
