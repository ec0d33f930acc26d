/* The processes of a run as seen while it goes on: their CPU time and memory, and the end of all of them. */
#ifndef TREE_H
#define TREE_H

#include "box.h"
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

struct sample { uint64_t cpu_ns, resident; unsigned count; };

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Exact CPU time of one living process with all its threads; 0 where it is gone. */
static uint64_t process_cpu(pid_t pid) {
    struct timespec t;
    clockid_t clock = (clockid_t)((~(unsigned)pid << 3) | 2);
    if (clock_gettime(clock, &t) < 0) return 0;
    return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Add one process: the exact clock, or its ticks where it is a zombie; its reaped children; its resident pages. */
static void add_process(int proc, pid_t pid, struct sample *sample) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "%d/stat", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t n = read_small(fd, text, sizeof text);
    close(fd);
    char *at = n > 0 ? strrchr(text, ')') : NULL;
    if (!at) return;
    unsigned long long ticks[4] = {0};
    long resident = 0;
    sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d %*u %*u %ld",
           &ticks[0], &ticks[1], &ticks[2], &ticks[3], &resident);
    static uint64_t tick_ns, page;
    if (!tick_ns) tick_ns = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK), page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t own = process_cpu(pid);
    sample->cpu_ns += (own ? own : (ticks[0] + ticks[1]) * tick_ns) + (ticks[2] + ticks[3]) * tick_ns;
    if (resident > 0) sample->resident += (uint64_t)resident * page;
    sample->count++;
}

/* The children of a process of this box; `add` is called for each, and goes down into it. */
static int each_child(int proc, pid_t parent, void (*act)(int, pid_t, void *), void *with) {
    char path[48], text[512]; /* small: this goes down as deep as programs fork */
    snprintf(path, sizeof path, "%d/task/%d/children", parent, parent);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC), found = 0;
    if (fd < 0) return -1;
    ssize_t n;
    size_t kept = 0;
    while ((n = read(fd, text + kept, sizeof text - 1 - kept)) > 0) {
        text[kept += (size_t)n] = 0;
        char *at = text, *end;
        for (; (end = strchr(at, ' ')); at = end + 1) act(proc, atoi(at), with), found++;
        kept = strlen(at);
        memmove(text, at, kept);
    }
    close(fd);
    return found;
}

static void add_branch(int proc, pid_t pid, void *sample) {
    if (((struct sample *)sample)->count > 4096) return;
    add_process(proc, pid, sample);
    each_child(proc, pid, add_branch, sample);
}

/* Threads of our own user on this machine. */
static uint64_t own_processes(void) {
    uint64_t count = 0;
    struct stat status;
    int copy = openat(box.proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[300];
        snprintf(path, sizeof path, "%.20s/task", entry->d_name);
        if (atoi(entry->d_name) > 0 && fstatat(box.proc, path, &status, 0) == 0 && status.st_uid == geteuid())
            count += status.st_nlink > 2 ? status.st_nlink - 2 : 1;
    }
    if (folder) closedir(folder);
    return count;
}

static void signal_branch(int proc, pid_t pid, void *number) {
    kill(pid, *(int *)number);
    each_child(proc, pid, signal_branch, number);
}

/* Everything alive in the box but its init. */
static struct sample sample_tree(pid_t main_process) {
    struct sample sample = {0, 0, 0};
    if (box.proc < 0) {
        sample.cpu_ns = process_cpu(main_process);
    } else if (!own_root()) {
        each_child(box.proc, getpid(), add_branch, &sample);
    } else {
        int copy = openat(box.proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *folder = copy < 0 ? NULL : fdopendir(copy);
        for (struct dirent *entry; folder && (entry = readdir(folder));) {
            pid_t pid = atoi(entry->d_name);
            if (pid > 1) add_process(box.proc, pid, &sample);
        }
        if (folder) closedir(folder);
    }
    return sample;
}

/* Memory of all processes with what they share counted once: slower, so only asked where plain sums say too much. */
static void add_proportional(int proc, pid_t pid, void *sum) {
    char path[40], text[1024];
    snprintf(path, sizeof path, "%d/smaps_rollup", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read_small(fd, text, sizeof text);
        char *at = n > 0 ? strstr(text, "\nPss:") : NULL;
        if (at) *(uint64_t *)sum += strtoull(at + 5, NULL, 10) * 1024;
        close(fd);
    }
    if (!own_root()) each_child(proc, pid, add_proportional, sum);
}

static uint64_t proportional_memory(void) {
    uint64_t sum = 0;
    if (!own_root()) {
        each_child(box.proc, getpid(), add_proportional, &sum);
        return sum;
    }
    int copy = openat(box.proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (atoi(entry->d_name) > 1) add_proportional(box.proc, atoi(entry->d_name), &sum);
    if (folder) closedir(folder);
    return sum;
}

struct used { uint64_t cpu_ns, peak; };

static void charge(struct used *used, const struct rusage *usage) {
    used->cpu_ns += ((uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec) * 1000000000ULL +
                    ((uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec) * 1000ULL;
    uint64_t peak = (uint64_t)usage->ru_maxrss * 1024;
    if (peak > used->peak) used->peak = peak;
}

/* Kill under the programs' own uid: one call, which no fork escapes. */
static void kill_as_private(void) {
    pid_t killer = fork();
    if (killer == 0) {
        if (syscall(SYS_setresuid, box.uid, box.uid, box.uid) == 0) kill(-1, SIGKILL);
        _exit(0);
    }
    if (killer > 0) waitpid(killer, NULL, __WALL);
}

/* Without a namespace or a uid of their own: no new processes where a group can forbid them, then stop what is found,
   so that it does not fork while the rest is looked for, then kill. */
static void kill_branches(void) {
    int stop = SIGSTOP, end = SIGKILL;
    setpriority(PRIO_PROCESS, 0, -20); /* works for root, who has no limit of processes to help it */
    for (unsigned i = 0; i < box.group_count; i++)
        if (box.groups[i].pids >= 0) box.groups[i].pids_now = 0, write_number(box.groups[i].pids, 1);
    for (int rounds = 0; rounds < 3; rounds++) each_child(box.proc, getpid(), signal_branch, &stop);
    each_child(box.proc, getpid(), signal_branch, &end);
    setpriority(PRIO_PROCESS, 0, 0);
}

/* Kill and reap until nothing is left: orphans come to us, as init of the namespace or as subreaper. */
static void end_all(struct used *used) {
    struct rusage usage;
    sigset_t none;
    sigemptyset(&none);
    for (;;) {
        pid_t pid;
        while ((pid = wait4(-1, NULL, __WALL | WNOHANG, &usage)) > 0) charge(used, &usage);
        if (pid < 0 && errno == ECHILD) return;
        if (own_root()) kill(-1, SIGKILL); /* reaches all: who is being killed cannot fork */
        else if (own_uid()) kill_as_private();
        else kill_branches();
        struct timespec pause = {0, 1000000};
        ppoll(NULL, 0, &pause, &none);
    }
}

#endif
