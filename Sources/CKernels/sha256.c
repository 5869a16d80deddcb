#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define INLINE static inline __attribute__((always_inline)) SHA_TARGET

static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// The state as the instructions want it: {A,B,E,F} and {C,D,G,H}, high word first.
struct lane {
    __m128i abef, cdgh;
};

INLINE struct lane initial_state(void) {
    return (struct lane){
        .abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
        .cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19),
    };
}

INLINE __m128i load_big_endian(const uint8_t *bytes) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes), order);
}

// Four rounds with message words `words`, for each lane.
#define FOUR_ROUNDS(group, current)                                                                        \
    for (size_t l = 0; l < LANES; l++) {                                                                   \
        __m128i sum = _mm_add_epi32(current[l], _mm_load_si128((const __m128i *)&round_constants[4 * (group)])); \
        state[l].cdgh = _mm_sha256rnds2_epu32(state[l].cdgh, state[l].abef, sum);                          \
        sum = _mm_shuffle_epi32(sum, 0x0e);                                                                \
        state[l].abef = _mm_sha256rnds2_epu32(state[l].abef, state[l].cdgh, sum);                          \
    }

// The next four message words, in place of the oldest four: W[t] from W[t-16], W[t-15], W[t-7] and W[t-2].
#define NEXT_WORDS(oldest, second, third, newest)                                                          \
    for (size_t l = 0; l < LANES; l++) {                                                                   \
        oldest[l] = _mm_sha256msg1_epu32(oldest[l], second[l]);                                            \
        oldest[l] = _mm_add_epi32(oldest[l], _mm_alignr_epi8(newest[l], third[l], 4));                     \
        oldest[l] = _mm_sha256msg2_epu32(oldest[l], newest[l]);                                            \
    }

// One 64-byte unit of each lane.
#define DEFINE_COMPRESS(NAME, COUNT)                                                                       \
    INLINE void NAME(struct lane *restrict state, const uint8_t *const *restrict units) {                  \
        enum { LANES = COUNT };                                                                            \
        struct lane before[LANES];                                                                         \
        __m128i w0[LANES], w1[LANES], w2[LANES], w3[LANES];                                                \
        for (size_t l = 0; l < LANES; l++) {                                                               \
            before[l] = state[l];                                                                          \
            w0[l] = load_big_endian(units[l]);                                                             \
            w1[l] = load_big_endian(units[l] + 16);                                                        \
            w2[l] = load_big_endian(units[l] + 32);                                                        \
            w3[l] = load_big_endian(units[l] + 48);                                                        \
        }                                                                                                  \
        FOUR_ROUNDS(0, w0) FOUR_ROUNDS(1, w1) FOUR_ROUNDS(2, w2) FOUR_ROUNDS(3, w3)                        \
        NEXT_WORDS(w0, w1, w2, w3) FOUR_ROUNDS(4, w0) NEXT_WORDS(w1, w2, w3, w0) FOUR_ROUNDS(5, w1)        \
        NEXT_WORDS(w2, w3, w0, w1) FOUR_ROUNDS(6, w2) NEXT_WORDS(w3, w0, w1, w2) FOUR_ROUNDS(7, w3)        \
        NEXT_WORDS(w0, w1, w2, w3) FOUR_ROUNDS(8, w0) NEXT_WORDS(w1, w2, w3, w0) FOUR_ROUNDS(9, w1)        \
        NEXT_WORDS(w2, w3, w0, w1) FOUR_ROUNDS(10, w2) NEXT_WORDS(w3, w0, w1, w2) FOUR_ROUNDS(11, w3)      \
        NEXT_WORDS(w0, w1, w2, w3) FOUR_ROUNDS(12, w0) NEXT_WORDS(w1, w2, w3, w0) FOUR_ROUNDS(13, w1)      \
        NEXT_WORDS(w2, w3, w0, w1) FOUR_ROUNDS(14, w2) NEXT_WORDS(w3, w0, w1, w2) FOUR_ROUNDS(15, w3)      \
        for (size_t l = 0; l < LANES; l++) {                                                               \
            state[l].abef = _mm_add_epi32(state[l].abef, before[l].abef);                                  \
            state[l].cdgh = _mm_add_epi32(state[l].cdgh, before[l].cdgh);                                  \
        }                                                                                                  \
    }

DEFINE_COMPRESS(compress_one, 1)
DEFINE_COMPRESS(compress_two, 2)

INLINE void store_big_endian(uint8_t *digest, struct lane state) {
    // {A,B,E,F} and {C,D,G,H} to {A,B,C,D} and {E,F,G,H}.
    const __m128i order = _mm_set_epi64x(0x0001020304050607LL, 0x08090a0b0c0d0e0fLL);
    __m128i high = _mm_unpackhi_epi64(state.cdgh, state.abef);
    __m128i low = _mm_unpacklo_epi64(state.cdgh, state.abef);
    _mm_storeu_si128((__m128i *)digest, _mm_shuffle_epi8(high, order));
    _mm_storeu_si128((__m128i *)(digest + 16), _mm_shuffle_epi8(low, order));
}

// Padding: a one bit, zeros, and the length of the message in bits, big-endian, at the end of a unit of its own.
static void fill_padding(uint8_t unit[64], size_t byte_count) {
    memset(unit, 0, 64);
    unit[0] = 0x80;
    for (int i = 0; i < 8; i++) unit[56 + i] = (uint8_t)((uint64_t)byte_count * 8 >> (56 - 8 * i));
}

#define DEFINE_HASH(NAME, COMPRESS, COUNT)                                                                 \
    SHA_TARGET static void NAME(const uint8_t *const *messages, size_t byte_count, uint8_t *digests) {     \
        struct lane state[COUNT];                                                                          \
        const uint8_t *units[COUNT];                                                                       \
        uint8_t padding[64];                                                                               \
        for (size_t l = 0; l < COUNT; l++) {                                                               \
            state[l] = initial_state();                                                                    \
            units[l] = messages[l];                                                                        \
        }                                                                                                  \
        for (size_t done = 0; done < byte_count; done += 64) {                                             \
            COMPRESS(state, units);                                                                        \
            for (size_t l = 0; l < COUNT; l++) units[l] += 64;                                             \
        }                                                                                                  \
        fill_padding(padding, byte_count);                                                                 \
        for (size_t l = 0; l < COUNT; l++) units[l] = padding;                                             \
        COMPRESS(state, units);                                                                            \
        for (size_t l = 0; l < COUNT; l++) store_big_endian(digests + 32 * l, state[l]);                   \
    }

DEFINE_HASH(hash_one, compress_one, 1)
DEFINE_HASH(hash_two, compress_two, 2)

bool ckernels_has_sha256_lanes(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

void ckernels_sha256_lanes(const uint8_t *const *messages, size_t lane_count, size_t byte_count, uint8_t *digests) {
    for (; lane_count >= 2; lane_count -= 2, messages += 2, digests += 2 * CKERNELS_SHA256_BYTES)
        hash_two(messages, byte_count, digests);
    if (lane_count) hash_one(messages, byte_count, digests);
}

#else

bool ckernels_has_sha256_lanes(void) { return false; }

void ckernels_sha256_lanes(const uint8_t *const *messages, size_t lane_count, size_t byte_count, uint8_t *digests) {
    (void)messages, (void)lane_count, (void)byte_count, (void)digests;
    __builtin_trap();
}

#endif
