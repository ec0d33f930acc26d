/* Control groups of one slot, made once: memory bounded over the whole tree, its peak, the number of processes.

   CPU time is counted too, for trees whose processes nobody waits for. Page cache is charged to a group too. It is reclaimed before a limit is enforced, so limits are true; it is taken
   off from peaks. */
#ifndef GROUPS_H
#define GROUPS_H

#include "box.h"
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

static int group_file(const struct group *group, const char *name, int flags) {
    char path[PATH_ROOM + 64];
    snprintf(path, sizeof path, "%s/%s", group->folder, name);
    return open(path, flags | O_CLOEXEC);
}

static int is_memory(const struct group *group) { return group->kind[0] == 'm' || group->kind[0] == '2'; }

/* Make a group and open its files; a group that cannot be made is left out. */
static void make_group(struct group *group) {
    int second = group->kind[0] == '2';
    group->join = group->limit = group->peak = group->usage = group->stat = group->events = group->pids = group->cpu = -1;
    if (mkdir(group->folder, 0755) < 0 && errno != EEXIST) return;
    group->made = 1;
    group->join = group_file(group, "cgroup.procs", O_WRONLY);
    if (is_memory(group)) {
        group->limit = group_file(group, second ? "memory.max" : "memory.limit_in_bytes", O_RDWR);
        group->peak = group_file(group, second ? "memory.peak" : "memory.max_usage_in_bytes", O_RDWR);
        group->usage = group_file(group, second ? "memory.current" : "memory.usage_in_bytes", O_RDONLY);
        group->stat = group_file(group, "memory.stat", O_RDONLY);
        group->events = group_file(group, second ? "memory.events" : "memory.oom_control", O_RDONLY);
        int swap = group_file(group, second ? "memory.swap.max" : "memory.swappiness", O_WRONLY);
        if (swap >= 0) (void)write_number(swap, 0), close(swap);
    }
    if (group->kind[0] == 'c' || second) group->cpu = group_file(group, second ? "cpu.stat" : "cpuacct.usage", O_RDONLY);
    if (group->kind[0] == 'p' || second) group->pids = group_file(group, "pids.max", O_RDWR);
    if (group->limit >= 0) box.active |= second ? P_CGROUP2 : P_CGROUP1;
    if (group->pids >= 0) box.active |= P_PIDS;
}

static void make_groups(void) {
    for (unsigned i = 0; i < box.group_count; i++) make_group(&box.groups[i]);
}

/* Put the calling process into the groups. */
static void join_groups(void) {
    for (unsigned i = 0; i < box.group_count; i++)
        if (box.groups[i].join >= 0) {
            if (write(box.groups[i].join, "0", 1) != 1) box.groups[i].limit = box.groups[i].pids = box.groups[i].cpu = -1;
            close(box.groups[i].join);
            box.groups[i].join = -1;
        }
}

static void remove_groups(void) {
    for (unsigned i = 0; i < box.group_count; i++) {
        struct group *group = &box.groups[i];
        if (!group->made) continue;
        struct timespec pause = {0, 5000000};
        for (int tries = 0; rmdir(group->folder) < 0 && errno == EBUSY && tries < 400; tries++) {
            char text[4096];
            int members = group_file(group, "cgroup.procs", O_RDONLY);
            if (members >= 0 && read_small(members, text, sizeof text) > 0)
                for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1)
                    if (atoi(at) > 1) kill(atoi(at), SIGKILL);
            if (members >= 0) close(members);
            nanosleep(&pause, NULL);
        }
    }
}

static uint64_t number_in(int fd) {
    char text[32];
    return fd >= 0 && read_small(fd, text, sizeof text) > 0 ? strtoull(text, NULL, 10) : 0;
}

/* The value after `name ` at a line's start; 0 where there is none. */
static uint64_t field_in(const char *text, const char *name) {
    size_t n = strlen(name);
    for (const char *at = text; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
        if (!strncmp(at, name, n) && at[n] == ' ') return strtoull(at + n + 1, NULL, 10);
    return 0;
}

static uint64_t page_cache(const struct group *group) {
    char text[8192];
    if (group->stat < 0 || read_small(group->stat, text, sizeof text) <= 0) return 0;
    uint64_t cache = field_in(text, group->kind[0] == '2' ? "file" : "cache"), shared = field_in(text, "shmem");
    return cache > shared ? cache - shared : 0;
}

static uint64_t oom_kills(const struct group *group) {
    char text[512];
    return group->events >= 0 && read_small(group->events, text, sizeof text) > 0 ? field_in(text, "oom_kill") : 0;
}

/* CPU time of the box but init's own: children whose parent ignores SIGCHLD are charged to nobody else. 0 where no
   group counts. Our own clock is read first, which brings the group's up to date. */
static uint64_t group_cpu(void) {
    struct timespec own;
    char text[512];
    for (unsigned i = 0; i < box.group_count; i++) {
        struct group *group = &box.groups[i];
        if (group->cpu < 0) continue;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
        if (read_small(group->cpu, text, sizeof text) <= 0) return 0;
        uint64_t all = group->kind[0] == '2' ? field_in(text, "usage_usec") * 1000 : strtoull(text, NULL, 10);
        uint64_t ours = (uint64_t)own.tv_sec * 1000000000ULL + (uint64_t)own.tv_nsec;
        return all > ours ? all - ours : 0;
    }
    return 0;
}

/* Bounds for the coming run: `memory` for everything charged, `processes` with the launcher's own. */
static void bound_groups(uint64_t memory, uint64_t processes) {
    for (unsigned i = 0; i < box.group_count; i++) {
        struct group *group = &box.groups[i];
        if (group->limit >= 0 && group->limit_now != memory && write_number(group->limit, memory) == 0)
            group->limit_now = memory;
        if (group->pids >= 0 && group->pids_now != processes && write_number(group->pids, processes) == 0)
            group->pids_now = processes;
    }
}

static struct group *memory_group(void) {
    for (unsigned i = 0; i < box.group_count; i++)
        if (box.groups[i].limit >= 0) return &box.groups[i];
    return NULL;
}

struct watermark { struct group *group; uint64_t usage, cache; };

/* Start a peak: what the group holds now (the loaded program, old cache) is not the run's. */
static struct watermark mark_peak(void) {
    struct watermark mark = {memory_group(), 0, 0};
    if (!mark.group || mark.group->peak < 0) return mark.group = NULL, mark;
    if (write_number(mark.group->peak, 0) < 0) return mark.group = NULL, mark;
    mark.usage = number_in(mark.group->usage), mark.cache = page_cache(mark.group);
    return mark;
}

static uint64_t peak_since(const struct watermark *mark, uint64_t other_bytes) {
    uint64_t top = number_in(mark->group->peak), cache = page_cache(mark->group), off = mark->usage + other_bytes;
    if (cache > mark->cache) off += cache - mark->cache;
    return top > off ? top - off : 0;
}

#endif
