/* One run: fork by vfork, limits, the walls, exec; then wait, watch, end everything, answer. */
#ifndef RUN_H
#define RUN_H

#include "files.h"
#include "groups.h"
#include "landlock.h"
#include "tree.h"
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

enum { S_CROWD = 100 }; /* more processes than allowed, seen where they could not be prevented */
enum { HEADROOM = 16 << 20, MAX_STRINGS = 4096 };
static const uint64_t SAMPLE_NS = 20000000, LEAST_WAIT_NS = 1000000, TICK_NS = 10000000;

static char *words[MAX_STRINGS + 2];
static char child_stack[64 << 10] __attribute__((aligned(64)));
static char stderr_kept[STDERR_BYTES];

/* The files of standard input and output are the next program's too, and a program may leave flags, owners and
   signals and locks on them to be read there: all is put back. (Opening them anew would do as well, and cost 30 us.) */
static int put_back(int fd) {
    fcntl(fd, F_SETFL, 0), fcntl(fd, F_SETSIG, 0), fcntl(fd, F_SETOWN, 0), flock(fd, LOCK_UN);
    return lseek(fd, 0, SEEK_SET) == 0 ? fd : -1;
}

/* Where the program is the files' owner it may have changed more. */
static void restore(int fd, mode_t mode) {
    static const struct timespec zero[2] = {{0, 0}, {0, 0}};
    static char names[64 << 10];
    uint64_t no_hint = 0;
    fchmod(fd, mode), futimens(fd, zero), fcntl(fd, F_SET_RW_HINT, &no_hint);
    ssize_t n = flistxattr(fd, names, sizeof names);
    for (char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) fremovexattr(fd, name);
}

/* A pipe belongs to who made it, which is the programs' user: each run has its own. */
static int fresh_stderr(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    if (box.err_read >= 0) close(box.err_read), close(box.err_write); /* not at a run's end: a hangup would wake us */
    box.err_read = ends[0], box.err_write = ends[1];
    return fcntl(box.err_read, F_SETFL, O_NONBLOCK);
}

struct start { /* read by the child, which shares our memory until it executes the program */
    const struct run *run;
    char **argv, **envp;
    int input, output, threads_only;
    uint64_t others; /* processes of our user, where they count against the program's limit */
    volatile int error;
    const char *volatile failed;
};

/* Where the user's own limit is lower, that one. */
static void limit(int what, uint64_t value) {
    uint64_t both[2] = {value, value};
    if (syscall(SYS_prlimit64, 0, what, both, NULL) == 0 || syscall(SYS_prlimit64, 0, what, NULL, both) < 0) return;
    if (both[1] < value) both[0] = both[1], syscall(SYS_prlimit64, 0, what, both, NULL);
}

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

static void limit_resources(const struct start *start) {
    const struct run *run = start->run;
    if (run->flags & R_ADDRESS_SPACE) limit(RLIMIT_AS, run->memory + HEADROOM);
    limit(RLIMIT_CPU, run->cpu_ns / 1000000000ULL + (run->cpu_ns % 1000000000ULL ? 2 : 1));
    limit(RLIMIT_FSIZE, most(run->output, run->file_size) + 1);
    limit(RLIMIT_NOFILE, run->open_files);
    limit(RLIMIT_STACK, run->stack ? run->stack : ~0ULL);
    if (own_count()) limit(RLIMIT_NPROC, run->processes + (box.mode == NAMESPACES ? 2 : 0));
    else if (start->others) limit(RLIMIT_NPROC, start->others + run->processes);
}

static int drop_privileges(void) {
    if (box.mode == ROOT_NAMESPACES || (box.mode == LANDLOCK_UID && box.uid)) {
        if (syscall(SYS_setresgid, box.uid, box.uid, box.uid) || syscall(SYS_setresuid, box.uid, box.uid, box.uid))
            return -1;
    }
    if (box.mode == NONE) return 0;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &header, none);
}

/* Speculation is left as it is, so that programs run at their usual speed. */
static int install_filter(const struct sock_fprog *program) {
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, program);
}

static int child(void *with) {
    struct start *start = with;
    const char *step = "setsid";
    setsid();
    step = "dup2";
    if (dup2(start->input, 0) < 0 || dup2(start->output, 1) < 0 || dup2(box.err_write, 2) < 0) goto failed;
    step = "chdir";
    if (chdir(box.box) < 0) goto failed;
    limit_resources(start);
    step = "dropping privileges";
    if (drop_privileges() < 0) goto failed;
    if (!own_root()) prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user would end it again */
    if (box.active & P_LANDLOCK) {
        step = "landlock";
        if (syscall(NR_LANDLOCK_RESTRICT, box.rules[start->run->flags & R_PROC ? 1 : 0], 0) < 0) goto failed;
    }
    close_from(3);
    uint64_t no_signals = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
    if (box.mode == LANDLOCK && (box.active & P_SECCOMP)) {
        step = "seccomp";
        if (install_filter(&box.program) < 0) goto failed;
    }
    if (start->threads_only) {
        step = "seccomp";
        if (install_filter(&box.threads) < 0) goto failed;
    }
    step = "execve";
    syscall(SYS_execve, start->argv[0], start->argv, start->envp);
failed:
    start->error = errno ? errno : EIO;
    start->failed = step;
    _exit(127);
}

/* Standard error: keep the first bytes, read the rest so that nobody waits for us. Not until it is empty: who writes
   faster than we read would keep us from the clocks. */
static size_t drain(size_t kept, size_t keep) {
    static char waste[64 << 10];
    for (int rounds = 0; rounds < 16; rounds++) {
        size_t room = keep > kept ? keep - kept : 0;
        ssize_t n = read(box.err_read, room ? stderr_kept + kept : waste, room ? room : sizeof waste);
        if (n <= 0) return kept;
        if (room) kept += (size_t)n;
        else if ((size_t)n < sizeof waste) return kept;
    }
    return kept;
}

struct watch {
    const struct run *run;
    const struct watermark *mark;
    pid_t main;
    uint64_t started, next_sample, tree_peak;
    uint64_t cpu_before; /* what the group had counted */
    uint64_t seen, lost; /* CPU time: the most that was seen, and what of it nobody was charged for */
    int sampled;  /* the tree may be more than one process, or its memory is not held by RLIMIT_AS */
    int ended, status;
    unsigned stopped;
    size_t err_bytes;
    struct used used;
};

static void reap(struct watch *w) {
    struct rusage usage;
    int status;
    for (pid_t pid; (pid = wait4(-1, &status, __WALL | WNOHANG, &usage)) > 0;) {
        charge(&w->used, &usage);
        if (pid == w->main) w->ended = 1, w->status = status;
    }
}

static uint64_t output_bytes(void) {
    struct stat status;
    return fstat(box.output, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* CPU time of the run as its group counts it; 0 where none does. */
static uint64_t grouped(const struct watch *w) {
    uint64_t now = w->cpu_before ? group_cpu() : 0;
    return now > w->cpu_before ? now - w->cpu_before : 0;
}

/* Look at the clocks; the time to the next look. Sets w->stopped where a limit is passed. */
static uint64_t look(struct watch *w) {
    static long cores;
    if (!cores) cores = sysconf(_SC_NPROCESSORS_ONLN);
    const struct run *run = w->run;
    uint64_t now = now_ns(), spent = now - w->started, cpu;
    uint64_t speed = w->sampled ? (uint64_t)(cores > 0 ? cores : 1) : 1;
    if (w->sampled) {
        struct sample sample = sample_tree(w->main);
        cpu = w->used.cpu_ns + sample.cpu_ns;
        /* Children of who ignores SIGCHLD vanish with their time. Times of reaped ones are rounded down to ticks. */
        uint64_t rounding = TICK_NS * sample.count;
        if (cpu + w->lost + rounding < w->seen) w->lost = w->seen - cpu;
        cpu = most(cpu + w->lost, grouped(w));
        if (cpu > w->seen) w->seen = cpu;
        if (sample.count > 1 && w->mark->group) sample.resident = 0; /* the group knows what is shared */
        else if (sample.count > 1 && sample.resident > w->tree_peak) sample.resident = proportional_memory();
        if (sample.resident > w->tree_peak) w->tree_peak = sample.resident;
        if (sample.resident > run->memory) w->stopped = S_MEMORY;
        if (!(box.active & P_PIDS) && sample.count > run->processes) w->stopped = S_CROWD;
    } else {
        cpu = w->used.cpu_ns + process_cpu(w->main);
    }
    if (!(run->flags & R_STDOUT) && output_bytes() > run->output) w->stopped = S_OUTPUT;
    if (spent >= run->wall_ns) w->stopped = S_WALL;
    if (cpu > run->cpu_ns) w->stopped = S_CPU;
    if (w->stopped) return 0;
    uint64_t wait = (run->cpu_ns - cpu) / speed + 1000, left = run->wall_ns - spent;
    if (wait > left) wait = left;
    if (w->sampled && wait > SAMPLE_NS) wait = SAMPLE_NS;
    return most(wait, LEAST_WAIT_NS);
}

static void watch(struct watch *w) {
    sigset_t none;
    sigemptyset(&none);
    uint64_t wait = w->sampled ? SAMPLE_NS / 10 : w->run->cpu_ns < w->run->wall_ns ? w->run->cpu_ns : w->run->wall_ns;
    uint64_t due = w->started + wait;
    for (;;) {
        uint64_t now = now_ns();
        struct timespec timeout = {0, 0};
        if (due > now) timeout.tv_sec = (time_t)((due - now) / 1000000000ULL), timeout.tv_nsec = (long)((due - now) % 1000000000ULL);
        struct pollfd polled[2] = {{SOCKET, POLLIN, 0}, {box.err_read, POLLIN, 0}};
        int n = ppoll(polled, 2, &timeout, &none);
        reap(w);
        if (w->ended) return;
        if (n > 0 && polled[1].revents) w->err_bytes = drain(w->err_bytes, w->run->stderr_bytes);
        if (n > 0 && polled[0].revents) {
            struct head head = {0, 0};
            if (recv(SOCKET, &head, sizeof head, MSG_DONTWAIT) == 0) _exit(0); /* the judge is gone */
            if (head.kind == STOP && head.seq == w->run->head.seq) w->stopped = S_ASKED;
        }
        if (!w->stopped && now_ns() >= due) due = now_ns() + look(w);
        if (w->stopped) {
            kill(w->main, SIGKILL);
            return;
        }
    }
}

static unsigned verdict(struct watch *w, const struct done *done) {
    const struct run *run = w->run;
    int signal = done->ended ? (int)done->code : 0, own = !(run->flags & R_STDOUT);
    if (w->stopped == S_ASKED) return S_ASKED;
    if (done->cpu_ns > run->cpu_ns || w->stopped == S_CPU || signal == SIGXCPU) return S_CPU;
    if (w->stopped == S_WALL) return S_WALL;
    struct group *group = memory_group();
    if (group) {
        uint64_t kills = oom_kills(group);
        int more = kills > group->oom_kills;
        group->oom_kills = kills;
        if (more) return S_MEMORY;
    }
    if (w->stopped == S_MEMORY || done->peak > run->memory) return S_MEMORY;
    if (w->stopped == S_OUTPUT || (own && done->stdout_bytes > run->output) || signal == SIGXFSZ) return S_OUTPUT;
    if (signal == SIGSYS) return S_SECURITY;
    if (done->code && done->peak >= run->memory / 100 * 95) return S_MEMORY; /* an allocation failed at the limit */
    return S_NONE;
}

static void finish(struct watch *w, uint64_t ended) {
    const struct watermark *mark = w->mark;
    struct done done = {.head = {DONE, w->run->head.seq}};
    uint64_t scratch = 0;
    w->err_bytes = drain(w->err_bytes, w->run->stderr_bytes);
    done.ended = WIFSIGNALED(w->status) ? 1 : 0;
    done.code = (uint32_t)(done.ended ? WTERMSIG(w->status) : WEXITSTATUS(w->status));
    done.cpu_ns = most(w->used.cpu_ns + w->lost, w->seen), done.wall_ns = ended - w->started;
    done.stdout_bytes = w->run->flags & R_STDOUT ? ~0ULL : output_bytes();
    if (own_root()) fresh.seen_clean = tmp_is_clean(&scratch); /* all are dead: so it stays */
    done.peak = w->used.peak + scratch, done.peak_source = PEAK_RSS;
    if (w->tree_peak + scratch > done.peak) done.peak = w->tree_peak + scratch, done.peak_source = PEAK_TREE;
    if (mark->group) {
        uint64_t charged = peak_since(mark, w->run->flags & R_STDOUT ? 0 : done.stdout_bytes);
        if (charged > done.peak) done.peak = charged, done.peak_source = PEAK_CGROUP;
    }
    done.stopped = verdict(w, &done);
    done.stderr_bytes = (uint32_t)w->err_bytes;
    answer(&done, sizeof done, stderr_kept, w->err_bytes);
}

static int prepare(const struct run *run, struct start *start, char *at) {
    if (run->argc < 1 || run->argc > MAX_STRINGS || run->envc > MAX_STRINGS - run->argc)
        return errno = E2BIG, fail("too many arguments", NULL);
    start->argv = words, start->envp = words + run->argc + 1;
    for (uint32_t i = 0; i < run->argc + run->envc; i++) {
        char *word = next_string(&at);
        if (!word) return errno = EPROTO, fail("RUN has too few strings", NULL);
        words[i + (i >= run->argc)] = word;
    }
    words[run->argc] = words[run->argc + run->envc + 1] = NULL;
    int wanted = !!(run->flags & R_STDIN) + !!(run->flags & R_STDOUT), next = 0;
    if (message_fd_count != wanted) return errno = EBADF, fail("RUN has the wrong number of descriptors", NULL);
    if (ftruncate(box.output, 0) < 0) return fail("cannot empty the output", NULL);
    if (!own_uid()) restore(box.input, 0444), restore(box.output, 0622);
    start->input = run->flags & R_STDIN ? message_fds[next++] : put_back(box.input);
    start->output = run->flags & R_STDOUT ? message_fds[next] : put_back(box.output);
    if (start->input < 0 || start->output < 0 || fresh_stderr() < 0) return fail("cannot open standard files", NULL);
    if (fresh_tmp(run->scratch, run->inodes) < 0) return fail("cannot empty", box.tmp);
    if (show_proc(!!(run->flags & R_PROC)) < 0) return fail("cannot mount", "/proc");
    /* Init and mounter are members too, and who kills under the private uid must find room. */
    bound_groups(run->memory + HEADROOM + run->output + box.loaded_bytes,
                 run->processes + 2 + (box.mode == LANDLOCK_UID));
    return 0;
}

static int serve_run(void) {
    static struct run run; /* the message itself is not touched while the run goes on, but be plain about it */
    if (message_bytes < sizeof run) return errno = EPROTO, fail("RUN is too short", NULL);
    memcpy(&run, message, sizeof run);
    if (run.stderr_bytes > STDERR_BYTES) run.stderr_bytes = STDERR_BYTES;
    struct start start = {.run = &run, .input = -1, .output = -1};
    int prepared = prepare(&run, &start, message + sizeof run);
    if (prepared < 0) return close_message_fds(), -1;
    /* One process that is counted needs no filter, which costs a third of the time of a launch. */
    start.threads_only = run.flags & R_THREADS && box.active & P_SECCOMP && box.threads.len &&
                         (run.processes > 1 || !(box.active & P_PIDS));
    struct watermark mark = {NULL, 0, 0};
    struct watch w = {.run = &run, .mark = &mark};
    w.sampled = run.processes > 1 || !(run.flags & R_ADDRESS_SPACE) || !(box.active & P_PIDS);
    if (w.sampled) mark = mark_peak(), w.cpu_before = group_cpu();
    if (box.last_pid >= 0 && pwrite(box.last_pid, "1", 1, 0) < 0) close(box.last_pid), box.last_pid = -1;
    if (!(box.active & P_PIDS) && geteuid()) start.others = own_processes() + 32; /* some room for what we start */
    w.started = now_ns();
    /* Where memory runs out the kernel ends the program, however little of its own it holds, and not us. */
    if (box.rank >= 0) (void)write_number(box.rank, 1000);
    w.main = clone(child, child_stack + sizeof child_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
    int error = errno;
    if (box.rank >= 0) (void)write_number(box.rank, box.own_rank);
    close_message_fds();
    if (w.main < 0) return errno = error, fail("cannot fork", NULL);
    if (start.failed) {
        waitpid(w.main, NULL, __WALL);
        errno = start.error;
        return fail(start.failed, start.argv[0]);
    }
    watch(&w);
    if (!w.ended) {
        struct rusage usage;
        while (wait4(w.main, &w.status, __WALL, &usage) < 0 && errno == EINTR) continue;
        charge(&w.used, &usage);
    }
    uint64_t ended = now_ns();
    end_all(&w.used);
    finish(&w, ended);
    return 0;
}

#endif
