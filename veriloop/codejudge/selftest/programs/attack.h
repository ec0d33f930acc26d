/* Shared by the hostile programs of the selftest, which are one binary: hostile TAG NAME [ARGUMENT...].
 *
 * Each prints lines on standard output, the only thing the judge trusts:
 *   TRY text      about to do something that may kill the process
 *   BREACH text   the attack got what it wanted
 *   CPU ms        this much CPU time was burned in the tree: the judge must have seen it
 *   MIB n         this much memory was held at once: the judge must have seen it
 *   DONE          the end was reached
 * Every program is bounded by constants (PROCESSES, MEMORY_MIB, PATIENCE_MS), so that one which is not held harms
 * nobody. */
#ifndef ATTACK_H
#define ATTACK_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 200, MEMORY_MIB = 400, PATIENCE_MS = 6000 };

#define say(...) dprintf(1, __VA_ARGS__)

/* One attack: argc and argv are what follows its name. */
typedef void attack(int argc, char **argv);

struct entry {
    const char *name;
    attack *run;
};

/* Each file's attacks, ended by a null name. */
extern const struct entry processes[], memory[], outputs[], files[], network[], kernel[], traces[];

static inline long number(int argc, char **argv, int at, long otherwise) {
    return argc > at ? strtol(argv[at], NULL, 10) : otherwise;
}

static inline double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* Compute until this thread has used that many milliseconds. */
static inline void burn(long ms) {
    double end = seconds(CLOCK_THREAD_CPUTIME_ID) + ms / 1e3;
    volatile unsigned x = 1;
    while (seconds(CLOCK_THREAD_CPUTIME_ID) < end)
        for (int i = 0; i < 20000; i++) x = x * 1664525u + 1013904223u;
}

/* Sleep that many milliseconds, whatever signals come. */
static inline void sleep_on(long ms) {
    double end = seconds(CLOCK_MONOTONIC) + ms / 1e3;
    while (seconds(CLOCK_MONOTONIC) < end) usleep(5000);
}

#endif
