/* Files of the box: loading programs, a clean /tmp for every run, taking a result out. */
#ifndef FILES_H
#define FILES_H

#include "mounts.h"
#include <sys/sendfile.h>
#include <sys/xattr.h>

/* What /tmp looked like when it was fresh. Change times cannot be set by a program, the others are set to 0. */
static struct { int mounted, seen_clean; uint64_t bytes, inodes, free_inodes; struct stat folder; } fresh;

static int tmp_is_clean(uint64_t *used) {
    struct stat now;
    struct statfs room;
    *used = 0;
    if (!fresh.mounted || stat("/tmp", &now) < 0 || statfs("/tmp", &room) < 0) return 0;
    *used = (room.f_blocks - room.f_bfree) * (uint64_t)room.f_bsize;
    const struct stat *was = &fresh.folder;
    if (room.f_ffree != fresh.free_inodes || now.st_mode != was->st_mode || now.st_nlink != was->st_nlink ||
        now.st_ctim.tv_sec != was->st_ctim.tv_sec || now.st_ctim.tv_nsec != was->st_ctim.tv_nsec ||
        now.st_mtim.tv_sec || now.st_mtim.tv_nsec || now.st_atim.tv_sec || now.st_atim.tv_nsec)
        return 0;
    return box.active & P_SECCOMP || getxattr("/tmp", "system.posix_acl_default", NULL, 0) < 0;
}

static int fresh_tmp(uint64_t bytes, uint64_t inodes) {
    uint64_t used;
    int seen = fresh.seen_clean;
    fresh.seen_clean = 0;
    struct timespec zero[2] = {{0, 0}, {0, 0}};
    if (!own_root()) {
        if (!is_empty(box.tmp) && order(FRESH_TMP, 0, 0) < 0) return -1;
        return chmod(box.tmp, 0700) < 0 ? -1 : utimensat(AT_FDCWD, box.tmp, zero, 0);
    }
    if (bytes == fresh.bytes && inodes == fresh.inodes && (seen || tmp_is_clean(&used))) return 0;
    if (order(FRESH_TMP, bytes, inodes) < 0) return -1;
    struct statfs room;
    if (utimensat(AT_FDCWD, "/tmp", zero, 0) < 0 || stat("/tmp", &fresh.folder) < 0 || statfs("/tmp", &room) < 0)
        return -1;
    fresh.mounted = 1, fresh.bytes = bytes, fresh.inodes = inodes, fresh.free_inodes = room.f_ffree;
    return 0;
}

static int serve_load(void) {
    struct load *load = (struct load *)message;
    if (message_bytes < sizeof *load) return errno = EPROTO, fail("LOAD is too short", NULL);
    box.loaded_bytes = load->bytes;
    if (own_root() || !is_empty(box.box)) {
        uint64_t room = load->bytes + ((uint64_t)load->files + 4) * 4096;
        if (order(FRESH_BOX, room, load->files + 4ULL) < 0) return fail("cannot empty", box.box);
    }
    struct head ok = {OK, request_seq()};
    answer(&ok, sizeof ok, NULL, 0);
    return 0;
}

static int copy_file(int from, int to) {
    off_t at = 0;
    for (ssize_t n; (n = sendfile(to, from, &at, 1 << 30)) != 0;)
        if (n < 0 && errno != EINTR) return -1;
    return 0;
}

static int serve_file(void) {
    char *at = message + sizeof(struct head), path[PATH_ROOM + 300];
    char *name = next_string(&at);
    errno = EINVAL;
    if (!name || !*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") || message_fd_count != 1)
        return fail("not a plain file name:", name);
    snprintf(path, sizeof path, "%s/%.255s", box.box, name);
    int to = open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0555);
    if (to < 0) return fail("cannot make", path);
    int done = copy_file(message_fds[0], to);
    if (done < 0) fail("cannot write", path);
    close(to);
    if (done < 0) return -1;
    struct head ok = {OK, request_seq()};
    answer(&ok, sizeof ok, NULL, 0);
    return 0;
}

static int serve_seal(void) {
    if (own_root() && order(SEAL_BOX, 0, 0) < 0) return fail("cannot seal", "/box");
    struct head ok = {OK, request_seq()};
    answer(&ok, sizeof ok, NULL, 0);
    return 0;
}

/* Only a regular file that lies in /tmp itself, with one name, reached by no link. */
static int serve_collect(void) {
    char *at = message + sizeof(struct head), *name = next_string(&at);
    struct open_how_2 how = {
        .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH_ | RESOLVE_NO_SYMLINKS_ | RESOLVE_NO_MAGICLINKS_ | RESOLVE_NO_XDEV_};
    struct stat status;
    int folder = open(box.tmp, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = folder < 0 || !name ? -1 : (int)syscall(NR_OPENAT2, folder, name, &how, sizeof how);
    if (folder >= 0) close(folder);
    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1)) {
        close(fd);
        fd = -1;
    }
    answer_fd(fd >= 0 ? TAKEN : OK, fd);
    if (fd >= 0) close(fd);
    return 0;
}

#endif
