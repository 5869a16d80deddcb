// yardstick: the same work as snapctl's, by the shortest way there is, so that a rate can be read as a ratio.
//
//   yardstick read  VOLUME [THREADS]            read every 512 KiB block with O_DIRECT
//   yardstick hash  VOLUME [THREADS]            and test it for zero, else SHA-256 it: floor of an unchanged snapshot
//   yardstick pack  VOLUME [THREADS] DIRECTORY  and LZ4 it, append it to files: the floor of a first snapshot
//   yardstick write VOLUME [THREADS] TARGET     write the non-zero blocks of VOLUME to TARGET, from memory, O_DIRECT:
//                                               the floor of a restore. What does not fit in memory is repeated
//
// No index, no deduplication, no checks on what comes back. One line of JSON on stdout. Only rates of neighbouring runs
// on one machine may be compared. Built with: cc -O3 yardstick.c -lcrypto -llz4 -lpthread
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <lz4.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)512 << 10)
#define APPEND_BYTES ((size_t)4 << 20)    // a pack is appended to in pieces of this size
#define PACK_BYTES ((off_t)64 << 20)
#define PAGE_BYTES ((size_t)4096)         // what O_DIRECT is aligned to
#define THREADS_DEFAULT 8
#define THREADS_MAXIMUM 64

enum Mode { MODE_READ, MODE_HASH, MODE_PACK, MODE_WRITE, MODE_COUNT };
static const char *const mode_names[MODE_COUNT] = {"read", "hash", "pack", "write"};

static struct {
    enum Mode mode;
    int volume, target;
    const char *place;                    // the directory of packs, or the target
    uint64_t byte_count, block_count;
    int thread_count;
} job;

static atomic_ullong next_block, zero_count, stored_count;

// MODE_WRITE: the blocks to write, and where each goes.
static struct { unsigned char *memory; uint64_t *index, count, held, capacity; } load;

static void fail(const char *what) {
    fprintf(stderr, "yardstick: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *aligned(size_t size) {
    void *memory = NULL;
    errno = posix_memalign(&memory, PAGE_BYTES, size);
    if (errno) fail("memory");
    return memory;
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t size_of(int descriptor) {
    struct stat status;
    uint64_t size = 0;
    if (fstat(descriptor, &status)) fail("fstat");
    if (!S_ISBLK(status.st_mode)) return (uint64_t)status.st_size;
    if (ioctl(descriptor, BLKGETSIZE64, &size)) fail("BLKGETSIZE64");
    return size;
}

// A block is zero when its first byte is, and every byte equals the next.
static int is_zero(const unsigned char *block, size_t size) {
    if (block[0] | block[size - 1] | block[size / 2]) return 0;
    return memcmp(block, block + 1, size - 1) == 0;
}

static size_t read_block(uint64_t index, unsigned char *block) {
    ssize_t got = pread(job.volume, block, BLOCK_BYTES, (off_t)(index * BLOCK_BYTES));
    if (got <= 0) fail("read");
    return (size_t)got;
}

// --- pack: one open file a thread, written in aligned pieces ------------------------------------------------

struct Pack { int file, number, owner; off_t written; unsigned char *tail; size_t tail_size; };

static void pack_open(struct Pack *pack) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%d-%d.pack", job.place, pack->owner, pack->number++);
    pack->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_DIRECT, 0600);
    if (pack->file < 0) fail(path);
    if (fallocate(pack->file, 0, 0, PACK_BYTES + (off_t)(2 * APPEND_BYTES))) fail("fallocate");
    pack->written = 0;
}

static void pack_close(struct Pack *pack) {
    if (ftruncate(pack->file, pack->written)) fail("ftruncate");
    close(pack->file);
    pack->file = -1;
}

// Writes the whole pages gathered so far (all of it, padded, when this is the end) and keeps the rest.
static void pack_flush(struct Pack *pack, int is_end) {
    size_t size = (pack->tail_size + (is_end ? PAGE_BYTES - 1 : 0)) / PAGE_BYTES * PAGE_BYTES;
    if (pack->file < 0) pack_open(pack);
    if (pwrite(pack->file, pack->tail, size, pack->written) != (ssize_t)size) fail("write");
    pack->written += (off_t)size;
    pack->tail_size = is_end ? 0 : pack->tail_size - size;
    memmove(pack->tail, pack->tail + size, pack->tail_size);
    if (is_end || pack->written >= PACK_BYTES) pack_close(pack);
}

static void pack_append(struct Pack *pack, const unsigned char *block, size_t size) {
    char *to = (char *)pack->tail + pack->tail_size;
    int stored = LZ4_compress_default((const char *)block, to, (int)size, LZ4_compressBound((int)BLOCK_BYTES));
    if (stored <= 0 || (size_t)stored >= size) memcpy(to, block, (size_t)(stored = (int)size));
    pack->tail_size += (size_t)stored;
    atomic_fetch_add(&stored_count, (uint64_t)stored);
    if (pack->tail_size >= APPEND_BYTES) pack_flush(pack, 0);
}

// --- the threads --------------------------------------------------------------------------------------------

static void *scan(void *number) {
    struct Pack pack = {.file = -1, .owner = (int)(intptr_t)number};
    unsigned char digest[EVP_MAX_MD_SIZE], *block = aligned(BLOCK_BYTES);
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (job.mode == MODE_PACK) pack.tail = aligned(APPEND_BYTES + 2 * BLOCK_BYTES);
    for (uint64_t index; (index = atomic_fetch_add(&next_block, 1)) < job.block_count;) {
        size_t size = read_block(index, block);
        if (job.mode == MODE_READ) continue;
        if (is_zero(block, size)) { atomic_fetch_add(&zero_count, 1); continue; }
        if (!EVP_DigestInit_ex2(context, sha256, NULL) || !EVP_DigestUpdate(context, block, size) ||
            !EVP_DigestFinal_ex(context, digest, NULL)) fail("SHA-256");
        if (job.mode == MODE_PACK) pack_append(&pack, block, size);
    }
    if (pack.tail_size) pack_flush(&pack, 1);
    else if (pack.file >= 0) pack_close(&pack);
    EVP_MD_CTX_free(context);
    EVP_MD_free(sha256);
    free(pack.tail);
    free(block);
    return NULL;
}

static void *write_out(void *unused) {
    (void)unused;
    for (uint64_t i; (i = atomic_fetch_add(&next_block, 1)) < load.count;) {
        uint64_t at = load.index[i] * BLOCK_BYTES;
        size_t size = job.byte_count - at < BLOCK_BYTES ? (size_t)(job.byte_count - at) : BLOCK_BYTES;
        const unsigned char *block = load.memory + i % load.held * BLOCK_BYTES;
        if (pwrite(job.target, block, size, (off_t)at) != (ssize_t)size) fail("write");
    }
    return NULL;
}

static void run_threads(void *(*work)(void *)) {
    pthread_t threads[THREADS_MAXIMUM];
    for (intptr_t i = 0; i < job.thread_count; i++)
        if ((errno = pthread_create(&threads[i], NULL, work, (void *)i))) fail("thread");
    for (int i = 0; i < job.thread_count; i++) pthread_join(threads[i], NULL);
}

// --- before and after the clock -----------------------------------------------------------------------------

// Half of the free memory may hold blocks. Untimed.
static void load_blocks(void) {
    struct sysinfo machine;
    if (sysinfo(&machine)) fail("sysinfo");
    uint64_t room = (uint64_t)machine.freeram * machine.mem_unit / 2 / BLOCK_BYTES;
    load.capacity = room < job.block_count ? room : job.block_count;
    if (!load.capacity) load.capacity = 1;
    load.memory = aligned((load.capacity + 1) * BLOCK_BYTES);
    load.index = aligned((job.block_count + 1) * sizeof *load.index);
    for (uint64_t i = 0; i < job.block_count; i++) {
        unsigned char *block = load.memory + load.held * BLOCK_BYTES;
        if (is_zero(block, read_block(i, block))) { atomic_fetch_add(&zero_count, 1); continue; }
        load.index[load.count++] = i;
        if (load.held < load.capacity) load.held++;
    }
    if (load.count && !load.held) load.held = 1;
}

static void prepare(void) {
    if (job.mode == MODE_PACK && (job.target = open(job.place, O_RDONLY | O_DIRECTORY)) < 0) fail(job.place);
    if (job.mode != MODE_WRITE) return;
    if ((job.target = open(job.place, O_WRONLY | O_DIRECT | O_EXCL)) < 0) fail(job.place);
    load_blocks();
}

static void make_durable(void) {
    if (job.mode == MODE_PACK && syncfs(job.target)) fail("syncfs");
    if (job.mode == MODE_WRITE && fsync(job.target)) fail("fsync");
}

static int usage(void) {
    fputs("usage: yardstick read|hash VOLUME [THREADS]\n"
          "       yardstick pack|write VOLUME THREADS DIRECTORY|TARGET\n", stderr);
    return 2;
}

static int parse(int count, char **words) {
    if (count < 3) return 0;
    for (job.mode = 0; job.mode < MODE_COUNT && strcmp(words[1], mode_names[job.mode]);) job.mode++;
    if (job.mode == MODE_COUNT || (job.mode >= MODE_PACK && count < 5)) return 0;
    job.thread_count = count > 3 ? atoi(words[3]) : THREADS_DEFAULT;
    job.place = count > 4 ? words[4] : NULL;
    return job.thread_count > 0 && job.thread_count <= THREADS_MAXIMUM;
}

int main(int count, char **words) {
    if (!parse(count, words)) return usage();
    if ((job.volume = open(words[2], O_RDONLY | O_DIRECT)) < 0) fail(words[2]);
    job.byte_count = size_of(job.volume);
    job.block_count = (job.byte_count + BLOCK_BYTES - 1) / BLOCK_BYTES;
    prepare();
    double start = seconds();
    run_threads(job.mode == MODE_WRITE ? write_out : scan);
    make_durable();
    printf("{\"mode\": \"%s\", \"threads\": %d, \"seconds\": %.4f, \"volume_bytes\": %llu, \"zero_blocks\": %llu, "
           "\"stored_bytes\": %llu}\n", mode_names[job.mode], job.thread_count, seconds() - start,
           (unsigned long long)job.byte_count, (unsigned long long)zero_count, (unsigned long long)stored_count);
    return 0;
}
