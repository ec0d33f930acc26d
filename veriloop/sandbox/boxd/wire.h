/* The messages of veriloop/sandbox/protocol.py, which documents them. */
#ifndef WIRE_H
#define WIRE_H

#include "system.h"
#include <stddef.h>
#include <sys/socket.h>

enum { VERSION = 1, SOCKET = 3, MESSAGE_BYTES = 192 << 10, STDERR_BYTES = 128 << 10 };
enum { SETUP = 1, LOAD, FILE_, SEAL, RUN, COLLECT, STOP, READY = 17, OK, DONE, TAKEN, FAILED };
enum { NAMESPACES, ROOT_NAMESPACES, LANDLOCK_UID, LANDLOCK, NONE };
enum { P_SECCOMP = 1, P_LANDLOCK = 2, P_CGROUP1 = 4, P_CGROUP2 = 8, P_PIDS = 16, P_PROC = 32 };
enum { R_STDIN = 1, R_STDOUT = 2, R_THREADS = 4, R_PROC = 8, R_ADDRESS_SPACE = 16 };
enum { S_NONE, S_CPU, S_WALL, S_MEMORY, S_OUTPUT, S_SECURITY, S_ASKED };
enum { PEAK_RSS, PEAK_TREE, PEAK_CGROUP };

struct head { uint32_t kind, seq; } __attribute__((packed));
struct setup {
    struct head head;
    uint32_t version, mode, uid, flags, filter_bytes, threads_bytes, binds, groups;
} __attribute__((packed));
struct ready { struct head head; uint32_t flags, box_pid; } __attribute__((packed));
struct load { struct head head; uint32_t files; uint64_t bytes; } __attribute__((packed));
struct run {
    struct head head;
    uint32_t flags, argc, envc;
    uint64_t cpu_ns, wall_ns, memory, output, stderr_bytes, processes, open_files, file_size, scratch, inodes, stack;
} __attribute__((packed));
struct done {
    struct head head;
    uint32_t ended, code, stopped, peak_source, stderr_bytes, reserved;
    uint64_t cpu_ns, wall_ns, peak, stdout_bytes;
} __attribute__((packed));
struct failed { struct head head; uint32_t error; char what[500]; } __attribute__((packed));

static char message[MESSAGE_BYTES + 1]; /* the request in hand; one more byte keeps its last string ended */
static size_t message_bytes;
static int message_fds[2];
static int message_fd_count;

static void close_message_fds(void) {
    while (message_fd_count > 0) close(message_fds[--message_fd_count]);
}

/* One datagram with up to two descriptors; its size, 0 or less where the other side is gone. */
static ssize_t receive_from(int socket, void *into, size_t room, int *fds, int *count) {
    union { char room[CMSG_SPACE(2 * sizeof(int))]; struct cmsghdr align; } control;
    struct iovec part = {into, room};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    ssize_t n;
    do n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    *count = 0;
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&header) : NULL;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        *count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(c), (size_t)*count * sizeof(int));
    }
    return n;
}

static int receive_one_fd(int socket, int *fd) {
    char word[64];
    int fds[2], count;
    if (receive_from(socket, word, sizeof word, fds, &count) <= 0) return -1;
    if (count == 1) *fd = fds[0];
    return 0;
}

/* Receive one request; 0 where the judge is gone. */
static int receive(void) {
    ssize_t n = receive_from(SOCKET, message, MESSAGE_BYTES, message_fds, &message_fd_count);
    if (n <= 0) return 0;
    message_bytes = (size_t)n;
    message[n] = 0;
    if (message_bytes >= sizeof(struct head)) return 1;
    close_message_fds();
    return 0;
}

static uint32_t request_seq(void) { return ((struct head *)message)->seq; }

static void answer(const void *data, size_t bytes, const void *more, size_t more_bytes) {
    struct iovec parts[2] = {{(void *)data, bytes}, {(void *)more, more_bytes}};
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = more_bytes ? 2 : 1};
    while (sendmsg(SOCKET, &header, MSG_NOSIGNAL) < 0 && errno == EINTR) continue;
}

static void send_fd(int to, const void *data, size_t bytes, int fd) {
    union { char room[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = {{0}};
    struct iovec part = {(void *)data, bytes};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        header.msg_control = control.room;
        header.msg_controllen = sizeof control.room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    while (sendmsg(to, &header, MSG_NOSIGNAL) < 0 && errno == EINTR) continue;
}

static void answer_fd(uint32_t kind, int fd) {
    struct head head = {kind, request_seq()};
    send_fd(SOCKET, &head, sizeof head, fd);
}

/* Tell the judge that the request in hand could not be done; errno says why. */
static int fail(const char *what, const char *which) {
    struct failed failed = {.head = {FAILED, request_seq()}, .error = (uint32_t)errno};
    int n = snprintf(failed.what, sizeof failed.what, "%s%s%s", what, which ? " " : "", which ? which : "");
    if (n >= (int)sizeof failed.what) n = (int)sizeof failed.what - 1;
    answer(&failed, offsetof(struct failed, what) + (size_t)n + 1, NULL, 0);
    return -1;
}

/* The next NUL-ended string at *at inside the message; NULL where there is none. */
static char *next_string(char **at) {
    char *found = *at, *end = message + message_bytes;
    if (found >= end) return NULL;
    size_t n = strnlen(found, (size_t)(end - found));
    if (found + n >= end) return NULL;
    *at = found + n + 1;
    return found;
}

#endif
