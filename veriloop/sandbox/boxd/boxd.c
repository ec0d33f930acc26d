/* boxd: the resident launcher of one box.

   The outer process stays what the judge is. It makes the control groups, starts the box's init and waits for the
   end of either side: the judge's socket hanging up, the judge dying, init dying. Then it ends the box and removes
   what was made for it. Init lives inside the namespaces (or inside nothing, in the modes without them), serves
   one request after the other and never executes anything but the programs it is asked to run.

   veriloop/sandbox/protocol.py documents the messages; files are included so that one compiler call is enough. */
#define _GNU_SOURCE
#include "run.h"

static void on_child(int signal) { (void)signal; }

static int limit_self(void) {
    static const int zero[] = {RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO};
    for (unsigned i = 0; i < sizeof zero / sizeof *zero; i++) limit(zero[i], 0);
    return 0;
}

/* What init and the mounter become: no new privileges for anything they start, and closed to inspection. */
static int harden(void) {
    limit_self();
    if (prctl(PR_SET_DUMPABLE, 0) < 0) return fail("dumpable", NULL);
    if (box.mode == NONE) return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail("no_new_privs", NULL);
    for (int capability = 0; capability < 64; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) break;
    return 0;
}

/* Put the programs' filter on init itself: they inherit it, which costs a run nothing, while installing it would
   take a third of the time of a launch. Only in the mode LANDLOCK each program puts it on: there it forbids what
   init needs to clear up after one, changing the modes of files. */
static int put_on_filter(void) {
    if (box.mode == NONE || !(box.wanted & P_SECCOMP) || !box.program.len) return 0;
    if (box.mode != LANDLOCK && install_filter(&box.program) < 0) return fail("no seccomp filter", NULL);
    box.active |= P_SECCOMP;
    return 0;
}

/* A box without a mount namespace: two folders, Landlock, and what the programs leave comes to us. */
static int build_folders(void) {
    if (chmod(box.scratch, 0711) < 0 || mkdir(box.box, 0755) < 0 || mkdir(box.tmp, 0700) < 0)
        return fail("cannot make folders in", box.scratch);
    if (own_uid() && chown(box.tmp, box.uid, box.uid) < 0) return fail("cannot give away", box.tmp);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    box.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (box.proc >= 0) box.active |= P_PROC;
    if (box.mode == NONE || !(box.wanted & P_LANDLOCK)) return 0;
    box.rules[0] = make_rules(0), box.rules[1] = make_rules(1);
    if (box.rules[0] < 0 || box.rules[1] < 0) return fail("no Landlock", NULL);
    box.active |= P_LANDLOCK;
    return 0;
}

static int build_box(void) {
    umask(022);
    if (!own_root() && build_folders() < 0) return -1;
    if (own_count()) box.active |= P_PIDS;
    if (fresh_tmp(64 << 20, 4096) < 0) return fail("cannot make", box.tmp);
    return harden() < 0 ? -1 : put_on_filter();
}

static void serve(uint32_t own_pid) {
    struct ready ready = {.head = {READY, request_seq()}, .flags = box.active, .box_pid = own_pid};
    char names[2 * PATH_ROOM];
    int n = snprintf(names, sizeof names, "%s", box.box) + 1;
    n += snprintf(names + n, sizeof names - (size_t)n, "%s", box.tmp) + 1;
    answer(&ready, sizeof ready, names, (size_t)n);
    while (receive()) {
        switch (((struct head *)message)->kind) {
        case RUN: serve_run(); break;
        case LOAD: serve_load(); break;
        case FILE_: serve_file(); break;
        case SEAL: serve_seal(); break;
        case COLLECT: serve_collect(); break;
        case STOP: break; /* its run has ended meanwhile */
        default: errno = EPROTO, fail("no such request", NULL);
        }
        close_message_fds();
    }
}

static void find_rank(void) {
    char text[16];
    box.rank = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (box.rank >= 0 && read_small(box.rank, text, sizeof text) > 0) box.own_rank = atoi(text);
}

/* Init. `gate` brings its process id once the outer process stands ready. */
static _Noreturn void init(int gate) {
    uint32_t own_pid = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    find_rank();
    if (own_root()) hand_over_proc(); /* while the host's /proc can be seen, or the kernel refuses */
    if (read(gate, &own_pid, sizeof own_pid) != sizeof own_pid) _exit(1);
    close(gate);
    sigset_t child_only;
    sigemptyset(&child_only);
    sigaddset(&child_only, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_only, NULL);
    struct sigaction action = {.sa_handler = on_child};
    sigaction(SIGCHLD, &action, NULL);
    if (build_box() < 0) _exit(1);
    serve(own_pid);
    _exit(0);
}

static int become_private(void) {
    if (!box.uid || box.mode != NAMESPACES) return 0;
    if (setresgid(box.uid, box.uid, box.uid) < 0 || setresuid(box.uid, box.uid, box.uid) < 0)
        return fail("cannot become the private user", NULL);
    prctl(PR_SET_DUMPABLE, 1); /* or the maps below could not be written */
    return 0;
}

static int map_user(uid_t uid, gid_t gid) {
    char line[64];
    write_file("/proc/self/setgroups", "deny");
    snprintf(line, sizeof line, "%u %u 1\n", uid, uid);
    if (write_file("/proc/self/uid_map", line) < 0) return fail("cannot map the user", NULL);
    snprintf(line, sizeof line, "%u %u 1\n", gid, gid);
    return write_file("/proc/self/gid_map", line) < 0 ? fail("cannot map the group", NULL) : 0;
}

/* Enter the namespaces, start init as a child of the outer process, build the root, tell init's number. */
static _Noreturn void enter(int tell, int gate) {
    join_groups();
    if (own_uid() && syscall(SYS_setgroups, 0, NULL) < 0) fail("cannot leave groups", NULL), _exit(1);
    if (own_root()) {
        if (become_private() < 0) _exit(1);
        int spaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | NEW_CGROUP;
        uid_t uid = geteuid();
        gid_t gid = getegid();
        if (box.mode == NAMESPACES) spaces |= CLONE_NEWUSER;
        if (unshare(spaces) < 0) fail("cannot make namespaces", NULL), _exit(1);
        if (box.mode == NAMESPACES && map_user(uid, gid) < 0) _exit(1);
        if (sethostname("box", 3) < 0 || setdomainname("box", 3) < 0) fail("cannot name the host", NULL), _exit(1);
    }
    int ends[2], proc = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) fail("socketpair", NULL), _exit(1);
    long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid < 0) fail("cannot fork init", NULL), _exit(1);
    if (pid == 0) {
        close(tell), close(ends[0]);
        mounter = ends[1];
        init(gate);
    }
    close(ends[1]);
    if (own_root()) {
        umask(022);
        if (receive_one_fd(ends[0], &proc) < 0 || build_root() < 0) _exit(1);
    }
    uint32_t told = (uint32_t)pid;
    if (write(tell, &told, sizeof told) != sizeof told) _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (harden() < 0) _exit(1);
    close(tell), close(gate), close(box.input), close(box.output), close(SOCKET);
    mount_for(ends[0], proc);
}

static int read_setup(void) {
    if (!receive()) return -1;
    struct setup setup;
    if (message_bytes < sizeof setup) return -1;
    memcpy(&setup, message, sizeof setup);
    errno = EPROTO;
    if (setup.head.kind != SETUP || setup.version != VERSION) return fail("another version of the protocol", NULL);
    enum { STEP = sizeof(struct sock_filter), MOST = MAX_FILTER * STEP };
    unsigned all = setup.filter_bytes, threads = setup.threads_bytes;
    if (message_fd_count != 2 || setup.binds > MAX_BINDS || setup.groups > MAX_GROUPS || setup.mode > NONE ||
        all > MOST || all % STEP || threads > MOST || threads % STEP || message_bytes < sizeof setup + all + threads)
        return fail("SETUP is out of bounds", NULL);
    box.mode = setup.mode, box.uid = setup.uid, box.wanted = setup.flags;
    box.input = message_fds[0], box.output = message_fds[1], message_fd_count = 0;
    memcpy(box.filter, message + sizeof setup, all + threads);
    box.program.len = (unsigned short)(all / STEP), box.program.filter = box.filter;
    box.threads.len = (unsigned short)(threads / STEP), box.threads.filter = box.filter + all / STEP;
    char *at = message + sizeof setup + all + threads, *text = next_string(&at);
    if (!text || strlen(text) >= PATH_ROOM - 32) return fail("SETUP has no scratch folder", NULL);
    strcpy(box.scratch, text);
    for (box.bind_count = 0; box.bind_count < setup.binds; box.bind_count++) {
        struct bind *bind = &box.binds[box.bind_count];
        char *host = next_string(&at), *inside = next_string(&at);
        if (!host || !inside) return fail("SETUP has too few strings", NULL);
        bind->host = strings_kept + (host - message), bind->inside = strings_kept + (inside - message), bind->tree = -1;
    }
    for (; box.group_count < setup.groups; box.group_count++) {
        char *kind = next_string(&at), *folder = next_string(&at);
        if (!kind || !folder || strlen(folder) >= PATH_ROOM) return fail("SETUP has too few strings", NULL);
        snprintf(box.groups[box.group_count].kind, sizeof box.groups->kind, "%s", kind);
        strcpy(box.groups[box.group_count].folder, folder);
    }
    memcpy(strings_kept, message, message_bytes);
    snprintf(box.box, sizeof box.box, "%.480s/box", own_root() ? "" : box.scratch);
    snprintf(box.tmp, sizeof box.tmp, "%.480s/tmp", own_root() ? "" : box.scratch);
    return 0;
}

/* Wait until either side ends. */
static void stand_by(pid_t inside, pid_t mounting, int judge) {
    struct pollfd polled[4] = {
        {SOCKET, 0, 0}, {pidfd_of(inside), POLLIN, 0}, {judge, POLLIN, 0}, {mounting ? pidfd_of(mounting) : -1, POLLIN, 0}};
    while (polled[1].fd >= 0) {
        int n = poll(polled, 4, -1);
        if (n > 0 || (n < 0 && errno != EINTR)) return;
    }
}

static void clean_up(pid_t inside, pid_t mounting) {
    int status;
    if (inside > 0) kill(inside, SIGKILL);
    if (mounting > 0) kill(mounting, SIGKILL);
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (;;) { /* as subreaper we inherit what init leaves, where there is no pid namespace to end it */
        pid_t pid;
        while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) continue;
        if (pid < 0 && errno == ECHILD) break;
        if (box.mode == LANDLOCK_UID && box.uid) kill_as_private();
        int stop = SIGSTOP, end = SIGKILL;
        each_child(proc, getpid(), signal_branch, &stop);
        each_child(proc, getpid(), signal_branch, &end);
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    remove_groups();
    if (!box.scratch[0]) return;
    wipe(box.tmp, 0700), rmdir(box.tmp);
    wipe(box.box, 0700), rmdir(box.box);
    rmdir(box.scratch);
}

int main(void) {
    close_from(SOCKET + 2); /* behind the socket is the claim of the user; the rest was the judge's */
    int judge = pidfd_of(getppid()), tell[2], gate[2];
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL); /* Python ignores SIGPIPE; programs must not */
    if (chdir("/") < 0 || read_setup() < 0) return 1;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, 0);
    make_groups();
    if (own_root() && geteuid() == 0) clone_trees(0);
    if (pipe2(tell, O_CLOEXEC) < 0 || pipe2(gate, O_CLOEXEC) < 0) return 1;
    pid_t middle = fork();
    if (middle == 0) close(gate[1]), close(tell[0]), enter(tell[1], gate[0]);
    close(tell[1]), close(gate[0]);
    uint32_t inside = 0;
    if (middle > 0 && read(tell[0], &inside, sizeof inside) != sizeof inside) inside = 0;
    prctl(PR_SET_DUMPABLE, 0);
    if (inside) {
        if (write(gate[1], &inside, sizeof inside) == sizeof inside) stand_by((pid_t)inside, middle, judge);
    }
    close(gate[1]); /* init waits no longer, where it never was let in */
    clean_up((pid_t)inside, middle);
    return 0;
}
