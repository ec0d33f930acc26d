/* What the C library may be too old to know: numbers of system calls and flags, and thin wrappers of them. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* The same on every architecture: */
enum {
    NR_OPEN_TREE = 428, NR_MOVE_MOUNT = 429, NR_FSOPEN = 430, NR_FSCONFIG = 431, NR_FSMOUNT = 432,
    NR_PIDFD_OPEN = 434, NR_CLOSE_RANGE = 436, NR_OPENAT2 = 437, NR_MOUNT_SETATTR = 442,
    NR_LANDLOCK_CREATE = 444, NR_LANDLOCK_ADD = 445, NR_LANDLOCK_RESTRICT = 446,
};

enum { /* mount attributes and flags */
    ATTR_RDONLY = 1, ATTR_NOSUID = 2, ATTR_NODEV = 4, ATTR_NOEXEC = 8, ATTR_NOATIME = 0x10,
    TREE_CLONE = 1, TREE_CLOEXEC = O_CLOEXEC, TREE_RECURSIVE = 0x8000, EMPTY_PATH = 0x1000,
    MOVE_EMPTY_PATH = 4, FS_SET_STRING = 1, FS_CREATE = 6, PROPAGATE_PRIVATE = 1 << 18,
};

enum { NEW_CGROUP = 0x02000000 };

#ifndef F_SET_RW_HINT
#define F_SET_RW_HINT 1036
#endif

struct mount_attributes { uint64_t set, clear, propagation, userns; };
struct open_how_2 { uint64_t flags, mode, resolve; };
enum { RESOLVE_NO_XDEV_ = 1, RESOLVE_NO_MAGICLINKS_ = 2, RESOLVE_NO_SYMLINKS_ = 4, RESOLVE_BENEATH_ = 8 };

static inline int open_tree_at(int dir, const char *path, unsigned flags) {
    return (int)syscall(NR_OPEN_TREE, dir, path, flags);
}

static inline int move_mount_to(int tree, const char *path) {
    return (int)syscall(NR_MOVE_MOUNT, tree, "", AT_FDCWD, path, MOVE_EMPTY_PATH);
}

static inline int set_attributes(int tree, unsigned flags, uint64_t set, uint64_t propagation) {
    struct mount_attributes attributes = {.set = set, .propagation = propagation};
    return (int)syscall(NR_MOUNT_SETATTR, tree, "", EMPTY_PATH | flags, &attributes, sizeof attributes);
}

static inline int pidfd_of(pid_t pid) { return (int)syscall(NR_PIDFD_OPEN, pid, 0); }

static inline int close_from(unsigned first) { return (int)syscall(NR_CLOSE_RANGE, first, ~0U, 0); }

/* A whole small file from its start, NUL-ended; its length, or -1. */
static inline ssize_t read_small(int fd, char *into, size_t room) {
    ssize_t n = pread(fd, into, room - 1, 0);
    into[n > 0 ? n : 0] = 0;
    return n;
}

static inline int write_number(int fd, int64_t value) {
    char text[24];
    int n = snprintf(text, sizeof text, "%lld", (long long)value);
    return pwrite(fd, text, (size_t)n, 0) == n ? 0 : -1;
}

static inline int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    size_t n = strlen(text);
    ssize_t done = write(fd, text, n);
    close(fd);
    return done == (ssize_t)n ? 0 : -1;
}

#endif
