/* Landlock: what the file system may be used for where the box has no root of its own. */
#ifndef LANDLOCK_H
#define LANDLOCK_H

#include "box.h"
#include <sys/prctl.h>
#include <sys/stat.h>

enum {
    L_EXECUTE = 1, L_WRITE_FILE = 2, L_READ_FILE = 4, L_READ_DIR = 8, L_ALL_1 = (1 << 13) - 1, L_REFER = 1 << 13,
    L_TRUNCATE = 1 << 14, L_IOCTL_DEV = 1 << 15,
    L_SCOPE_ABSTRACT = 1, L_SCOPE_SIGNAL = 2,
};

struct landlock_attributes { uint64_t files, network, scoped; };
struct landlock_beneath { uint64_t access; int32_t parent; } __attribute__((packed));

static void allow(int rules, const char *path, uint64_t access) {
    struct stat status;
    struct landlock_beneath rule = {.access = access, .parent = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent < 0) return;
    if (fstat(rule.parent, &status) == 0 && !S_ISDIR(status.st_mode))
        rule.access &= L_EXECUTE | L_WRITE_FILE | L_READ_FILE | L_TRUNCATE;
    syscall(NR_LANDLOCK_ADD, rules, 1, &rule, 0);
    close(rule.parent);
}

static int make_rules(int proc) {
    long abi = syscall(NR_LANDLOCK_CREATE, NULL, 0, 1);
    if (abi < 1) return -1;
    uint64_t all = L_ALL_1;
    if (abi >= 2) all |= L_REFER;
    if (abi >= 3) all |= L_TRUNCATE;
    if (abi >= 5) all |= L_IOCTL_DEV;
    struct landlock_attributes attributes = {.files = all};
    if (abi >= 4) attributes.network = 3;
    if (abi >= 6) attributes.scoped = L_SCOPE_ABSTRACT | L_SCOPE_SIGNAL;
    size_t bytes = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
    int rules = (int)syscall(NR_LANDLOCK_CREATE, &attributes, bytes, 0);
    if (rules < 0) return -1;
    uint64_t read_only = L_READ_FILE | L_READ_DIR | L_EXECUTE;
    for (unsigned i = 0; i < box.bind_count; i++)
        allow(rules, box.binds[i].host,
              strncmp(box.binds[i].host, "/dev/", 5) ? read_only : (L_READ_FILE | L_WRITE_FILE));
    allow(rules, box.box, read_only);
    allow(rules, box.tmp, all & ~(uint64_t)L_IOCTL_DEV);
    if (proc) allow(rules, "/proc", L_READ_FILE | L_READ_DIR);
    return rules;
}

#endif
