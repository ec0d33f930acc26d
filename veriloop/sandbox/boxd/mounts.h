/* The box's file system: an own root of read-only binds, sized tmpfs for /box and /tmp, /proc on request.

   Init runs under the programs' own seccomp filter, so that a program costs no installation of one; what it cannot
   do itself, mounting, is done by the mounter: a process in the same user and mount namespaces but outside the box's
   process ids, where no program can see or reach it. In a box without mounts it empties folders. */
#ifndef MOUNTS_H
#define MOUNTS_H

#include "box.h"
#include "wipe.h"
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

/* A detached file system; `options` are name, value pairs ended by NULL. */
static int make_fs(const char *type, const char *const *options, unsigned attributes) {
    int context = (int)syscall(NR_FSOPEN, type, 1);
    if (context < 0) return -1;
    int fd = -1, good = 1;
    for (; good && options[0]; options += 2)
        good = syscall(NR_FSCONFIG, context, FS_SET_STRING, options[0], options[1], 0) == 0;
    if (good && syscall(NR_FSCONFIG, context, FS_CREATE, NULL, NULL, 0) == 0)
        fd = (int)syscall(NR_FSMOUNT, context, 1, attributes);
    int error = errno;
    close(context);
    errno = error;
    return fd;
}

static int make_tmpfs(uint64_t bytes, uint64_t inodes, const char *mode, unsigned attributes) {
    char size[24], count[24];
    snprintf(size, sizeof size, "%llu", (unsigned long long)(bytes < 4096 ? 4096 : bytes));
    snprintf(count, sizeof count, "%llu", (unsigned long long)(inodes < 2 ? 2 : inodes));
    const char *options[] = {"size", size, "nr_inodes", count, "mode", mode, NULL};
    return make_fs("tmpfs", options, attributes | ATTR_NOSUID | ATTR_NODEV);
}

static int make_proc(void) {
    const char *narrow[] = {"subset", "pid", NULL}, *plain[] = {NULL};
    unsigned attributes = ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC;
    int fd = make_fs("proc", narrow, attributes);
    return fd >= 0 ? fd : make_fs("proc", plain, attributes);
}

/* Put a file system where another is, or was not yet. */
static int replace_mount(const char *path, int old, int fs) {
    if (fs < 0) return -1;
    if (old) umount2(path, MNT_DETACH);
    int done = move_mount_to(fs, path);
    int error = errno;
    close(fs);
    errno = error;
    return done;
}

/* Clone the host's folders as detached read-only trees. Root does it before it gives itself up, since the private
   user may not reach them; a plain user inside its own namespaces. Symbolic links are copied as links. */
static int clone_trees(int last_try) {
    for (unsigned i = 0; i < box.bind_count; i++) {
        struct bind *bind = &box.binds[i];
        struct stat status;
        if (bind->tree >= 0 || (lstat(bind->host, &status) == 0 && S_ISLNK(status.st_mode))) continue;
        int tree = open_tree_at(AT_FDCWD, bind->host, TREE_CLONE | TREE_CLOEXEC | TREE_RECURSIVE);
        unsigned attributes = ATTR_RDONLY | ATTR_NOSUID;
        attributes |= strncmp(bind->host, "/dev/", 5) ? ATTR_NODEV : ATTR_NOEXEC;
        if (tree < 0 || set_attributes(tree, TREE_RECURSIVE, attributes, PROPAGATE_PRIVATE) < 0) {
            if (!last_try) return -1;
            return fail("cannot bind", bind->host);
        }
        bind->tree = tree;
    }
    return 0;
}

/* Make the folders above the last part of a relative path. */
static void make_parents(char *path) {
    for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = 0;
        mkdir(path, 0755);
    }
}

static int place_bind(const struct bind *bind) {
    char path[PATH_ROOM], target[PATH_ROOM];
    const char *from = bind->inside;
    while (*from == '/') from++;
    snprintf(path, sizeof path, "%s", from);
    make_parents(path);
    if (bind->tree < 0) {
        ssize_t n = readlink(bind->host, target, sizeof target - 1);
        if (n < 0) return -1;
        target[n] = 0;
        return symlink(target, path) == 0 || errno == EEXIST ? 0 : -1;
    }
    struct stat status;
    if (fstat(bind->tree, &status) < 0) return -1;
    if (S_ISDIR(status.st_mode)) mkdir(path, 0755);
    else close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0444));
    int done = move_mount_to(bind->tree, path);
    close(bind->tree);
    return done;
}

static int build_root(void) {
    static const char *const folders[] = {"box", "tmp", "proc", "dev", NULL};
    static const char *const links[] = {"stdin", "0", "stdout", "1", "stderr", "2", "fd", "", NULL};
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return fail("cannot make mounts private", NULL);
    if (clone_trees(1) < 0) return -1;
    int root = make_tmpfs(1 << 20, 1024, "0755", 0);
    if (root < 0) return fail("cannot make a tmpfs", NULL);
    if (move_mount_to(root, "/tmp") < 0 || fchdir(root) < 0) return fail("cannot place the root", NULL);
    for (int i = 0; folders[i]; i++) mkdir(folders[i], 0755);
    for (unsigned i = 0; i < box.bind_count; i++)
        if (place_bind(&box.binds[i]) < 0) return fail("cannot place", box.binds[i].inside);
    for (int i = 0; links[i]; i += 2) {
        char name[32], target[32];
        snprintf(name, sizeof name, "dev/%s", links[i]);
        snprintf(target, sizeof target, "/proc/self/fd/%s", links[i + 1]);
        if (symlink(target, name) < 0) return fail("cannot link", name);
    }
    if (syscall(SYS_pivot_root, ".", ".") < 0) return fail("cannot pivot the root", NULL);
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) return fail("cannot leave the old root", NULL);
    if (set_attributes(root, 0, ATTR_RDONLY, 0) < 0) return fail("cannot seal the root", NULL);
    close(root);
    return 0;
}

enum { FRESH_BOX = 1, SEAL_BOX, FRESH_TMP, SHOW_PROC, HIDE_PROC };
struct order { uint32_t what; int32_t error; uint64_t bytes, inodes; };

static int mounter = -1; /* init's end of the pair */

static int order(uint32_t what, uint64_t bytes, uint64_t inodes) {
    struct order order = {what, 0, bytes, inodes};
    if (send(mounter, &order, sizeof order, MSG_NOSIGNAL) != sizeof order) return -1;
    ssize_t n;
    do n = recv(mounter, &order, sizeof order, 0);
    while (n < 0 && errno == EINTR);
    errno = n == sizeof order ? order.error : EPIPE;
    return errno ? -1 : 0;
}

static int seal(const char *path) {
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int done = folder < 0 ? -1 : set_attributes(folder, 0, ATTR_RDONLY, 0);
    if (folder >= 0) close(folder);
    return done;
}

/* One order done. /proc belongs to the process ids of who mounted it, so it is init's, taken off and kept. */
static int obey(const struct order *order, int *proc) {
    static int box_mounted, tmp_mounted;
    int done = -1;
    if (!own_root()) return order->what == FRESH_BOX ? wipe(box.box, 0755) : wipe(box.tmp, 0700);
    switch (order->what) {
    case FRESH_BOX:
        done = replace_mount("/box", box_mounted, make_tmpfs(order->bytes, order->inodes, "0755", ATTR_NOATIME));
        box_mounted = 1;
        break;
    case SEAL_BOX: return seal("/box");
    case FRESH_TMP:
        done = replace_mount("/tmp", tmp_mounted, make_tmpfs(order->bytes, order->inodes, "1777", ATTR_NOATIME));
        tmp_mounted = 1;
        break;
    case SHOW_PROC:
        done = replace_mount("/proc", 0, *proc);
        *proc = -1;
        break;
    case HIDE_PROC:
        *proc = open_tree_at(AT_FDCWD, "/proc", TREE_CLONE | TREE_CLOEXEC);
        done = *proc < 0 ? -1 : umount2("/proc", MNT_DETACH);
        break;
    default: errno = EPROTO;
    }
    return done;
}

static _Noreturn void mount_for(int init, int proc) {
    struct order order;
    while (recv(init, &order, sizeof order, 0) == sizeof order) {
        order.error = obey(&order, &proc) < 0 ? (errno ? errno : EIO) : 0;
        if (send(init, &order, sizeof order, MSG_NOSIGNAL) != sizeof order) break;
    }
    _exit(0);
}

/* Init's part: mount its /proc nowhere, keep a way into it for looking at the tree, hand it to the mounter. */
static void hand_over_proc(void) {
    int proc = make_proc();
    if (proc >= 0) {
        box.proc = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (box.proc >= 0) box.active |= P_PROC;
    }
    const char *plain[] = {NULL};
    int full = make_fs("proc", plain, 0);
    if (full >= 0) {
        box.last_pid = openat(full, "sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
        close(full);
    }
    struct head head = {OK, 0};
    send_fd(mounter, &head, sizeof head, proc);
    if (proc >= 0) close(proc);
}

static int show_proc(int wanted) {
    if (!own_root() || wanted == box.proc_shown) return 0;
    if (!(box.active & P_PROC)) return errno = EPERM, -1;
    if (order(wanted ? SHOW_PROC : HIDE_PROC, 0, 0) < 0) return -1;
    box.proc_shown = wanted;
    return 0;
}

#endif
