/* The state of one box, shared by the parts of the launcher. */
#ifndef BOX_H
#define BOX_H

#include "wire.h"
#include <linux/filter.h>

enum { MAX_BINDS = 64, MAX_GROUPS = 4, MAX_FILTER = 1024, PATH_ROOM = 512 };

struct bind { char *host, *inside; int tree; };

struct group {
    char kind[12], folder[PATH_ROOM];
    int made, join, limit, peak, usage, stat, events, pids, cpu;
    uint64_t limit_now, pids_now, oom_kills;
};

static struct {
    unsigned mode, uid, wanted, active;
    int input, output;
    int last_pid;     /* where the next process id is set, so that it tells a program nothing; -1 where it cannot be */
    int err_read, err_write;
    int rank;         /* init's oom_score_adj, which its programs inherit; -1 where it cannot be written */
    int own_rank;     /* what it was */
    int proc;         /* /proc of the box's process ids, mounted nowhere; -1 where there is none */
    int rules[2];     /* Landlock rulesets: without and with /proc */
    int proc_shown;
    char scratch[PATH_ROOM], box[PATH_ROOM], tmp[PATH_ROOM];
    struct sock_filter filter[2 * MAX_FILTER];
    struct sock_fprog program, threads; /* for all runs; beside it for those that may have threads only */
    unsigned bind_count, group_count;
    struct bind binds[MAX_BINDS];
    struct group groups[MAX_GROUPS];
    uint64_t loaded_bytes;
} box = {.rank = -1, .proc = -1, .last_pid = -1, .err_read = -1, .err_write = -1, .rules = {-1, -1}};

static char strings_kept[MESSAGE_BYTES]; /* the strings of SETUP: binds point into it */

static int own_root(void) { return box.mode <= ROOT_NAMESPACES; }
static int own_uid(void) { return box.mode <= LANDLOCK_UID && box.uid != 0; }
/* The kernel counts the processes of a user namespace apart, so there the caller's own uid will do. */
static int own_count(void) { return box.mode == NAMESPACES || own_uid(); }

#endif
