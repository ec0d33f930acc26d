/* Attacks 10, 11, 23: the kernel's doors, other processes, and privileges. */
#include "attack.h"
#include <linux/audit.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/statvfs.h>
#include <sys/uio.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* One system call by name, with arguments that make it fail where it would change something: a breach if it answers anything but a refusal. EFAULT and EINVAL say that the kernel
 * looked at the arguments, so the call is reachable. */
static const struct call {
    const char *name;
    long number, a, b, c, d, e;
} calls[] = {
    {"ptrace", SYS_ptrace, PTRACE_TRACEME, 0, 0, 0, 0},
    {"process_vm_readv", SYS_process_vm_readv, 1, 0, 0, 0, 0},
    {"process_vm_writev", SYS_process_vm_writev, 1, 0, 0, 0, 0},
    {"unshare_user", SYS_unshare, CLONE_NEWUSER, 0, 0, 0, 0},
    {"unshare_mount", SYS_unshare, CLONE_NEWNS, 0, 0, 0, 0},
    {"setns", SYS_setns, -1, 0, 0, 0, 0},
    {"mount", SYS_mount, 0, 0, 0, 0, 0},
    {"umount2", SYS_umount2, 0, 0, 0, 0, 0},
    {"pivot_root", SYS_pivot_root, 0, 0, 0, 0, 0},
    {"fsopen", SYS_fsopen, 0, 0, 0, 0, 0},
    {"open_tree", SYS_open_tree, -1, 0, 0, 0, 0},
    {"move_mount", SYS_move_mount, -1, 0, -1, 0, 0},
    {"bpf", SYS_bpf, -1, 0, 0, 0, 0},
    {"perf_event_open", SYS_perf_event_open, 0, 0, 0, 0, 0},
    {"io_uring_setup", SYS_io_uring_setup, 1, 0, 0, 0, 0},
    {"keyctl", SYS_keyctl, 0, -2, 0, 0, 0},
    {"add_key", SYS_add_key, 0, 0, 0, 0, 0},
    {"request_key", SYS_request_key, 0, 0, 0, 0, 0},
    {"userfaultfd", SYS_userfaultfd, 1, 0, 0, 0, 0},
    {"memfd_create", SYS_memfd_create, 0, 0, 0, 0, 0},
    {"memfd_secret", 447, 0, 0, 0, 0, 0},
    {"shmget", SYS_shmget, 0, 4096, 01600, 0, 0},
    {"msgget", SYS_msgget, 0, 01600, 0, 0, 0},
    {"semget", SYS_semget, 0, 1, 01600, 0, 0},
    {"mq_open", SYS_mq_open, 0, 0, 0, 0, 0},
    {"personality", SYS_personality, 0x0040000, 0, 0, 0, 0},
    {"kexec_load", SYS_kexec_load, 0, 9999, 0, 0, 0},
    {"reboot", SYS_reboot, 0, 0, 0, 0, 0},
    {"swapon", SYS_swapon, 0, 0, 0, 0, 0},
    {"quotactl", SYS_quotactl, 0, 0, 0, 0, 0},
    {"name_to_handle_at", SYS_name_to_handle_at, -1, 0, 0, 0, 0},
    {"open_by_handle_at", SYS_open_by_handle_at, -1, 0, 0, 0, 0},
    {"init_module", SYS_init_module, 0, 0, 0, 0, 0},
    {"acct", SYS_acct, 1, 0, 0, 0, 0},
    {"syslog", SYS_syslog, 10, 0, 0, 0, 0},
    {"pidfd_getfd", SYS_pidfd_getfd, -1, 0, 0, 0, 0},
    {"kcmp", SYS_kcmp, 0, 0, 0, 0, 0},
    {"fanotify_init", 300, -1, 0, 0, 0, 0},
};

static void call(int argc, char **argv) {
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        const struct call *c = &calls[i];
        if (argc < 1 || strcmp(argv[0], c->name)) continue;
        say("TRY %s\n", c->name);
        long got = syscall(c->number, c->a, c->b, c->c, c->d, c->e);
        if (got >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES))
            say("BREACH %s is reachable: %ld, %s\n", c->name, got, got < 0 ? strerror(errno) : "done");
        return;
    }
    say("BREACH no such call in the table\n");
}

/* New namespaces by clone, and by clone3, whose flags lie behind a pointer that no filter can follow. */
static void clone_namespace(int argc, char **argv) {
    static uint64_t clone3_args[11];
    say("TRY clone\n");
    long got;
    if (number(argc, argv, 0, 0) == 3) {
        clone3_args[0] = CLONE_NEWUSER, clone3_args[4] = SIGCHLD;
        got = syscall(SYS_clone3, clone3_args, 88);
    } else
        got = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (got == 0) _exit(0);
    if (got > 0) say("BREACH a child in a user namespace of its own\n");
}

/* System calls by the 32-bit entry, whose numbers mean other things. */
static void old_entry(int argc, char **argv) {
    (void)argc, (void)argv;
#ifdef __x86_64__
    long got;
    say("TRY int 0x80\n");
    __asm__ volatile("int $0x80" : "=a"(got) : "a"(20) : "memory", "r8", "r9", "r10", "r11"); /* getpid */
    if (got == getpid()) say("BREACH int 0x80 is answered\n");
#endif
}

/* The x32 numbers of the 64-bit entry: a filter that compares numbers alone lets them through. */
static void x32_entry(int argc, char **argv) {
    (void)argc, (void)argv;
#ifdef __x86_64__
    say("TRY x32\n");
    errno = 0;
    if (syscall(0x40000000L + SYS_getpid) >= 0) say("BREACH x32 numbers are answered\n");
#endif
}

/* Signal 0 asks whether a signal would be allowed; it does nothing. */
static void signal_others(int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        if (kill(strtol(argv[i], NULL, 10), 0) == 0) say("BREACH process %s may be killed\n", argv[i]);
    if (getppid() > 1 && kill(getppid(), 0) == 0) say("BREACH our parent may be killed\n");
}

/* Only where we have a process namespace, which is where those given cannot be seen: end, or stop, everything. */
static void kill_init(int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        if (kill(strtol(argv[i], NULL, 10), 0) == 0 || errno != ESRCH) return;
    if (argc < 2 || getppid() > 1) return;
    int all[] = {SIGKILL, SIGSTOP, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGINT, SIGHUP, SIGPIPE, SIGIO};
    say("TRY kill 1\n");
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) kill(1, all[i]);
    kill(-1, SIGKILL);
}

/* Change another process without a signal: its limits, its priority, its cores, its file descriptors. */
static void meddle(int argc, char **argv) {
    pid_t other = number(argc, argv, 0, 1);
    struct rlimit limit;
    cpu_set_t cores;
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    const char *what = argc > 1 ? argv[1] : "";
    say("TRY %s\n", what);
    if (!strcmp(what, "prlimit") && prlimit(other, RLIMIT_NOFILE, NULL, &limit) == 0) {
        if (prlimit(other, RLIMIT_NOFILE, &limit, NULL) == 0) say("BREACH limits of %d may be set\n", other);
    }
    if (!strcmp(what, "priority") && setpriority(PRIO_PROCESS, other, getpriority(PRIO_PROCESS, other)) == 0)
        say("BREACH priority of %d may be set\n", other);
    if (!strcmp(what, "scheduler") && sched_setscheduler(other, SCHED_OTHER, &(struct sched_param){0}) == 0)
        say("BREACH scheduling of %d may be set\n", other);
    if (!strcmp(what, "disk") && syscall(SYS_ioprio_set, 1, other, 2 << 13 | 4) == 0)
        say("BREACH disk priority of %d may be set\n", other);
    if (!strcmp(what, "affinity") && sched_getaffinity(other, sizeof cores, &cores) == 0 &&
        sched_setaffinity(other, sizeof cores, &cores) == 0)
        say("BREACH cores of %d may be set\n", other);
    if (!strcmp(what, "attach")) {
        if (ptrace(PTRACE_SEIZE, other, NULL, NULL) == 0) say("BREACH process %d is traced\n", other);
        if (process_vm_readv(other, &here, 1, &there, 1, 0) == 1) say("BREACH memory of %d read\n", other);
    }
    if (!strcmp(what, "pidfd")) {
        int fd = syscall(SYS_pidfd_open, other, 0);
        if (fd >= 0 && syscall(SYS_pidfd_getfd, fd, 0, 0) >= 0) say("BREACH a descriptor of %d taken\n", other);
    }
}

/* Ask for a better place than others: real-time or a higher priority. */
static void jump_queue(int argc, char **argv) {
    (void)argc, (void)argv;
    struct sched_param first = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &first) == 0) say("BREACH real-time scheduling\n");
    if (setpriority(PRIO_PROCESS, 0, -5) == 0) say("BREACH priority raised\n");
    if (syscall(SYS_ioprio_set, 1, 0, 1 << 13) == 0) say("BREACH real-time disk priority\n");
}

/* Limits are hard: none may be raised. */
static void raise_limits(int argc, char **argv) {
    (void)argc, (void)argv;
    for (int r = 0; r < RLIM_NLIMITS; r++) {
        struct rlimit limit, more;
        if (getrlimit(r, &limit) || limit.rlim_max == RLIM_INFINITY) continue;
        more = limit;
        more.rlim_max++;
        if (setrlimit(r, &more) == 0) say("BREACH limit %d was raised\n", r);
    }
}

/* What a set-user-id program in the system, or a capability, would give. */
static void privileges(int argc, char **argv) {
    (void)argc, (void)argv;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (getuid() == 0 || geteuid() == 0) say("BREACH user id 0\n");
    if (syscall(SYS_capget, &header, data) == 0 &&
        (data[0].permitted | data[1].permitted | data[0].inheritable | data[0].effective))
        say("BREACH capabilities %x\n", data[0].permitted);
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) say("BREACH set-user-id programs work\n");
    gid_t groups[64];
    int got = getgroups(64, groups);
    for (int i = 0; i < got; i++)
        if (groups[i] == 0) say("BREACH group 0\n");
}

static void core_size(int argc, char **argv) {
    (void)argc, (void)argv;
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) || limit.rlim_max > 0) say("BREACH core dumps may be written\n");
}

/* Push characters into the terminal of whoever started the judge. */
static void terminal(int argc, char **argv) {
    (void)argc, (void)argv;
    int fd = open("/dev/tty", O_RDWR | O_NONBLOCK);
    if (fd >= 0) say("BREACH a terminal is open\n");
    for (fd = 0; fd < 3; fd++)
        if (isatty(fd)) say("BREACH descriptor %d is a terminal\n", fd);
}

const struct entry kernel[] = {
    {"call", call}, {"clone_namespace", clone_namespace}, {"old_entry", old_entry},
    {"x32_entry", x32_entry}, {"signal_others", signal_others}, {"kill_init", kill_init},
    {"meddle", meddle}, {"jump_queue", jump_queue}, {"raise_limits", raise_limits},
    {"privileges", privileges}, {"core_size", core_size}, {"terminal", terminal}, {NULL, NULL},
};
