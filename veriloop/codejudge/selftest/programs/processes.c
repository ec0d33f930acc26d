/* Attacks 1, 2, 6, 7, 12, 24, 25: processes, threads, signals and clocks. */
#include "attack.h"

/* Fork until refused; more than the allowed number alive at once is a breach. Children only wait. */
static void fork_bomb(int argc, char **argv) {
    long allowed = number(argc, argv, 0, 16), alive = 1;
    while (alive < PROCESSES) {
        pid_t child = fork();
        if (child < 0) break;
        if (child == 0) {
            sleep_on(PATIENCE_MS);
            _exit(0);
        }
        alive++;
    }
    if (alive > allowed) say("BREACH %ld processes alive, %ld allowed\n", alive, allowed);
}

/* Each process forks the next and ends, so that whoever kills by a list of pids is always late. */
static void fork_chain(int argc, char **argv) {
    if (fork() == 0) {
        setsid();
        double end = seconds(CLOCK_MONOTONIC) + number(argc, argv, 0, PATIENCE_MS) / 1e3;
        long pause = number(argc, argv, 1, 20000);
        while (seconds(CLOCK_MONOTONIC) < end) {
            pid_t child = fork();
            if (child > 0) _exit(0);
            if (pause) usleep(pause);
        }
        _exit(0);
    }
    usleep(50000);
}

static int wait_on(void *unused) {
    (void)unused;
    sleep_on(PATIENCE_MS);
    return 0;
}

static void thread_bomb(int argc, char **argv) {
    long allowed = number(argc, argv, 0, 16), alive = 1;
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    while (alive < PROCESSES) {
        char *stack = malloc(16384);
        if (!stack || clone(wait_on, stack + 16384, flags, NULL) < 0) break;
        alive++;
    }
    if (alive > allowed) say("BREACH %ld threads alive, %ld allowed\n", alive, allowed);
    _exit(0); /* with exit() the threads would share stdio's locks */
}

/* The end of a pipe that closes when every process that could write to it has ended. */
static int gone, going;
static void watch(void) {
    int ends[2];
    if (pipe(ends)) _exit(65);
    gone = ends[0], going = ends[1];
}
static void wait_until_gone(void) {
    char byte;
    close(going);
    while (read(gone, &byte, 1) > 0) continue;
}

/* A child whose parent is ours: without a pid namespace that is the launcher, which never waits for it. */
static void clone_parent(int argc, char **argv) {
    long ms = number(argc, argv, 0, 200);
    watch();
    long child = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        burn(ms);
        _exit(0);
    }
    wait_until_gone();
    if (child > 0) say("CPU %ld\n", ms);
}

/* The burner's parent ends at once: its time goes to whoever inherits and reaps it. */
static void double_fork(int argc, char **argv) {
    long ms = number(argc, argv, 0, 200);
    watch();
    pid_t middle = fork();
    if (middle == 0) {
        if (fork() == 0) {
            setsid();
            burn(ms);
        }
        _exit(0);
    }
    if (middle < 0) return;
    waitpid(middle, NULL, 0);
    wait_until_gone();
    say("CPU %ld\n", ms);
}

/* Children of a process that ignores SIGCHLD vanish without a wait: their time is added to nobody's. */
static void unwaited(int argc, char **argv) {
    long ms = number(argc, argv, 0, 200), children = number(argc, argv, 1, 1);
    signal(SIGCHLD, SIG_IGN);
    for (long i = 0; i < children; i++) {
        watch();
        pid_t child = fork();
        if (child < 0) return;
        if (child == 0) {
            burn(ms / children);
            _exit(0);
        }
        wait_until_gone();
        close(gone);
    }
    say("CPU %ld\n", ms);
}

static void burn_self(int argc, char **argv) {
    long ms = number(argc, argv, 0, 200);
    burn(ms);
    say("CPU %ld\n", ms);
}

/* Half of the time asleep and more: what the clock says is no CPU time. */
static void burn_slowly(int argc, char **argv) {
    long ms = number(argc, argv, 0, 100);
    for (int i = 0; i < 10; i++) burn(ms / 10), sleep_on(ms / 2);
    say("CPU %ld\n", ms);
}

static int burn_thread(void *ms) {
    burn((long)(intptr_t)ms);
    syscall(SYS_exit, 0);
    return 0;
}

/* Two threads share the work and end before the process does. */
static void burn_threads(int argc, char **argv) {
    long ms = number(argc, argv, 0, 200);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID;
    volatile pid_t tids[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        char *stack = malloc(65536);
        if (!stack || clone(burn_thread, stack + 65536, flags, (void *)(intptr_t)(ms / 2), &tids[i],
                            NULL, &tids[i]) < 0)
            return;
    }
    while (tids[0] || tids[1]) usleep(5000);
    say("CPU %ld\n", ms);
}

static void loop(int argc, char **argv) {
    long ms = number(argc, argv, 0, PATIENCE_MS);
    burn(ms);
    say("BREACH computed for %ld ms\n", ms);
}

static void nap(int argc, char **argv) {
    long ms = number(argc, argv, 0, PATIENCE_MS);
    sleep_on(ms);
    say("BREACH slept for %ld ms\n", ms);
}

/* Stopped, not ended: waiters that look for an exit see nothing. A child wakes us, so that it has an end. */
static void stop_self(int argc, char **argv) {
    long ms = number(argc, argv, 0, PATIENCE_MS);
    pid_t self = getpid(), child = fork();
    if (child == 0) {
        sleep_on(ms);
        kill(self, SIGCONT);
        _exit(0);
    }
    say("TRY stop\n");
    raise(SIGSTOP);
    say("BREACH was stopped for %ld ms\n", ms);
}

static void read_blocked(int argc, char **argv) {
    (void)argc, (void)argv;
    char byte;
    say("TRY read\n");
    ssize_t got = read(0, &byte, 1);
    say("BREACH the read ended with %zd\n", got);
}

/* Every signal that can be ignored is, SIGXCPU and SIGTERM among them. */
static void ignore_signals(int argc, char **argv) {
    long ms = number(argc, argv, 0, PATIENCE_MS);
    for (int s = 1; s < 65; s++) signal(s, SIG_IGN);
    burn(ms);
    say("BREACH computed for %ld ms with signals ignored\n", ms);
}

/* The program ends at once; a child that left its session keeps standard output open. */
static void daemonize(int argc, char **argv) {
    long ms = number(argc, argv, 0, PATIENCE_MS);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        sleep_on(ms);
        say("BREACH the daemon outlived its run\n");
        _exit(0);
    }
    if (child > 0) say("TRY daemon\n");
}

static void crash(int argc, char **argv) {
    (void)argc, (void)argv;
    size_t size = 16 << 20;
    char *block = malloc(size);
    if (block) memset(block, 1, size);
    abort();
}

/* An innocent bystander with a secret in its environment, ended with the judge. */
static void victim(int argc, char **argv) {
    (void)argc, (void)argv;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    say("READY\n");
    for (;;) pause();
}

static void fine(int argc, char **argv) { (void)argc, (void)argv; }

const struct entry processes[] = {
    {"fork_bomb", fork_bomb},       {"fork_chain", fork_chain}, {"thread_bomb", thread_bomb},
    {"clone_parent", clone_parent}, {"double_fork", double_fork}, {"unwaited", unwaited},
    {"burn", burn_self}, {"burn_slowly", burn_slowly},            {"burn_threads", burn_threads}, {"loop", loop},
    {"nap", nap},                   {"stop_self", stop_self},   {"read_blocked", read_blocked},
    {"ignore_signals", ignore_signals}, {"daemonize", daemonize}, {"crash", crash},
    {"victim", victim}, {"fine", fine},                 {NULL, NULL},
};
