/* Preloaded into a server: notes every change of a file under CUT_FOLDER in the file CUT_LOG, and
 * every sync when it begins and when it has ended, so that a test can tell what a power cut at any
 * moment would have left. A record: one letter, number, offset, length of path, length of data,
 * path, data. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
    char letter;
    uint64_t number, offset;
    uint32_t path, data;
} __attribute__((packed));

static void note(char letter, uint64_t number, uint64_t offset, const char *path, const void *data,
                 size_t size) {
    const char *log = getenv("CUT_LOG");
    int file = log ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND, 0) : -1;
    if (file < 0) return;
    struct head head = {letter, number, offset, (uint32_t)strlen(path), (uint32_t)size};
    size_t whole = sizeof head + head.path + size;
    char *record = malloc(whole);
    memcpy(record, &head, sizeof head);
    memcpy(record + sizeof head, path, head.path);
    memcpy(record + sizeof head + head.path, data, size);
    if (syscall(SYS_write, file, record, whole) != (long)whole) abort();
    free(record);
    syscall(SYS_close, file);
}

/* Whether the file of a descriptor lies under CUT_FOLDER; its path. */
static int ours(int file, char *path) {
    const char *folder = getenv("CUT_FOLDER");
    char link[64];
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long size = readlink(link, path, PATH_MAX - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int named(const char *name, char *path) {
    const char *folder = getenv("CUT_FOLDER");
    if (!folder) return 0;
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        char here[PATH_MAX / 2];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(path, PATH_MAX, "%s/%s", here, name[0] == '.' && name[1] == '/' ? name + 2 : name);
    }
    return strncmp(path, folder, strlen(folder)) == 0;
}

static uint64_t place_of(int file) {
    struct stat known;
    if (fcntl(file, F_GETFL) & O_APPEND && fstat(file, &known) == 0) return known.st_size;
    return lseek(file, 0, SEEK_CUR);
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *data, size_t size) {
    REAL(write);
    char path[PATH_MAX];
    if (ours(file, path)) note('W', 0, place_of(file), path, data, size);
    return real(file, data, size);
}

#define WRITE_AT(name, place) \
    ssize_t name(int file, const void *data, size_t size, place offset) { \
        REAL(name); \
        char path[PATH_MAX]; \
        if (ours(file, path)) note('W', 0, offset, path, data, size); \
        return real(file, data, size, offset); \
    }
WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)

static void note_parts(int file, const struct iovec *parts, int count, uint64_t offset) {
    char path[PATH_MAX];
    if (!ours(file, path)) return;
    for (int i = 0; i < count; offset += parts[i++].iov_len)
        note('W', 0, offset, path, parts[i].iov_base, parts[i].iov_len);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    note_parts(file, parts, count, place_of(file));
    return real(file, parts, count);
}

#define WRITE_PARTS_AT(name, place) \
    ssize_t name(int file, const struct iovec *parts, int count, place offset) { \
        REAL(name); \
        note_parts(file, parts, count, offset); \
        return real(file, parts, count, offset); \
    }
WRITE_PARTS_AT(pwritev, off_t)
WRITE_PARTS_AT(pwritev64, off64_t)

#define TRUNCATE(name, place) \
    int name(int file, place size) { \
        REAL(name); \
        char path[PATH_MAX]; \
        if (ours(file, path)) note('T', 0, size, path, "", 0); \
        return real(file, size); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define ALLOCATE(name, place) \
    int name(int file, place offset, place size) { \
        REAL(name); \
        char path[PATH_MAX]; \
        if (ours(file, path)) note('A', 0, offset + size, path, "", 0); \
        return real(file, offset, size); \
    }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

static uint64_t fresh(void) {
    static _Atomic uint64_t count;
    return ((uint64_t)getpid() << 32) | ++count;
}

#define SYNC(name) \
    int name(int file) { \
        REAL(name); \
        char path[PATH_MAX]; \
        int mine = ours(file, path); \
        uint64_t number = mine ? fresh() : 0; \
        if (mine) note('S', number, 0, path, "", 0); \
        int done = real(file); \
        if (mine && done == 0) note('E', number, 0, path, "", 0); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *name) {
    REAL(unlink);
    char path[PATH_MAX];
    int mine = named(name, path), done = real(name);
    if (mine && done == 0) note('U', 0, 0, path, "", 0);
    return done;
}

int rename(const char *old, const char *new) {
    REAL(rename);
    char from[PATH_MAX], to[PATH_MAX];
    int mine = named(old, from) && named(new, to), done = real(old, new);
    if (mine && done == 0) note('R', 0, 0, from, to, strlen(to));
    return done;
}
